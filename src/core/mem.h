/* mem.h - allocation for the pure layers. Out of memory aborts
 * (architecture.md 3.7), so no caller has an error path for it. */
#ifndef HOSTQ_CORE_MEM_H
#define HOSTQ_CORE_MEM_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A copy of text; NULL stays NULL. Caller frees. */
static inline char *
mem_dup(const char *text)
{
    if (text == NULL)
        return NULL;
    char *copy = strdup(text);
    if (copy == NULL)
        abort();
    return copy;
}

/* Zeroed array; caller frees. */
static inline void *
mem_zero(size_t count, size_t size)
{
    void *p = calloc(count != 0 ? count : 1, size);
    if (p == NULL)
        abort();
    return p;
}

/* Room for one more element in an array that holds count of them; grows by
 * doubling, so the caller keeps no capacity of its own. */
static inline void *
mem_grow(void *array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return array;
    array = reallocarray(array, count != 0 ? count * 2 : 1, size);
    if (array == NULL)
        abort();
    return array;
}

#endif
