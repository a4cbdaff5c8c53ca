/* credfile.h - private to creds.c: the files that credentials come from. */
#ifndef HOSTQ_IO_CREDFILE_H
#define HOSTQ_IO_CREDFILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/err.h"

/* Tells one state of a file from another; all zero = no file. */
struct credfile_stamp {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
};

struct credfile {
    char *path; /* owned; NULL = there is no place to look at */
    struct credfile_stamp stamp;
};

/* Sets the path: "~" and "$NAME" or "${NAME}" at any place are replaced from
 * the environment (aws.md 1d); what is not set stays as it is written. */
void credfile_init(struct credfile *f, const char *path);
void credfile_fini(struct credfile *f);

/* Reads the file and remembers its stamp. *text is the caller's, NULL where
 * there is no such file; /dev/null is empty. Fails with E_FAILED where it
 * cannot be read, is no file or has more than 1 MiB. */
int credfile_read(struct credfile *f, char **text, struct err *err);

/* Is it another file, or the same one written since? */
bool credfile_changed(const struct credfile *f);

/* A value of the environment; NULL where it is empty or not set. */
const char *credfile_env(const char *name);

#endif
