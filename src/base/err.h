/* err.h - how a function says what went wrong.
 *
 * A fallible function returns 0 or -1 (or a pointer or NULL) and fills the
 * caller's struct err. Nothing is allocated; a text too long ends in '+'.
 * On failure there are no side effects and outputs are untouched. */
#ifndef HOSTQ_BASE_ERR_H
#define HOSTQ_BASE_ERR_H

#include <stddef.h>

/* Every kind of error, with the exit status of the client (design.md 8). */
#define ERR_CODES(X)                                                           \
    X(E_NONE, 0, "ok")                                                         \
    X(E_FAILED, 1, "failed")                                                   \
    X(E_USAGE, 2, "bad usage or input")                                        \
    X(E_NOT_FOUND, 3, "not found")                                             \
    X(E_CONFLICT, 4, "conflict")                                               \
    X(E_TIMEOUT, 5, "timed out")                                               \
    X(E_DATABASE, 6, "database unavailable")

enum errcode {
#define X(code, status, text) code = status,
    ERR_CODES(X)
#undef X
};

struct err {
    enum errcode code;
    char text[512];
};

/* Fills *err and returns -1, so that `return err_set(err, E_X, ...)` reads
 * as one line. err may be NULL. */
int err_set(struct err *err, enum errcode code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text that is there; returns -1. */
int err_wrap(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Compilers and analyzers see the -1. */
#define err_set(...) ((void)(err_set)(__VA_ARGS__), -1)
#define err_wrap(...) ((void)(err_wrap)(__VA_ARGS__), -1)

/* The general words for a code. */
const char *err_name(enum errcode code);

#endif
