/* cleanup.h - what is released when a scope ends (GNU cleanup attribute). */
#ifndef HOSTQ_BASE_CLEANUP_H
#define HOSTQ_BASE_CLEANUP_H

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

static inline void
cleanup_free(void *p)
{
    free(*(void **)p);
}

static inline void
cleanup_json(json_t **p)
{
    json_decref(*p);
}

static inline void
cleanup_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

#define CLEANUP_FREE __attribute__((cleanup(cleanup_free)))
#define CLEANUP_JSON __attribute__((cleanup(cleanup_json)))
#define CLEANUP_BUF __attribute__((cleanup(buf_fini)))
#define CLEANUP_FD __attribute__((cleanup(cleanup_fd)))

#endif
