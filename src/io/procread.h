/* procread.h - one process of /proc: its state and the marks in its
 * environment, read so that both are of the same process and the environment
 * is complete. Used by procfs.c. */
#ifndef HOSTQ_IO_PROCREAD_H
#define HOSTQ_IO_PROCREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Part of /proc/PID/stat. */
struct proc_stat {
    pid_t pgrp;
    pid_t sid;
    uint64_t start_time; /* clock ticks since boot */
    bool dead;           /* zombie, all threads ended */
    bool starting;       /* inside exec: the new image is not complete and
                            the environment cannot be read */
};

/* Room for an environment, used again; data is freed by the caller. */
struct environ_text {
    char *data;
    size_t len;
    size_t room;
};

struct marks {
    const char *deployment; /* all borrowed; NULL = not there */
    const char *host;
    const char *request;
    const char *unit;
};

/* Reads one line of /proc/PID/stat; the name in it may hold anything. */
int procread_parse_stat(const char *text, struct proc_stat *out);

/* A descriptor of the directory of a process; -1 with errno. */
int procread_open(pid_t pid);
/* Its stat; -1 with errno: ESRCH or ENOENT where it is gone. */
int procread_stat(int dir, struct proc_stat *out);
/* Its stat, and of what may be (part of) a unit the environment: empty where
 * it may not be read or the process is inside exec (st->starting). */
int procread_process(int dir, struct proc_stat *st, struct environ_text *env);
/* A session leader, or in its group? Kernel threads are in none. */
bool procread_may_be_unit(const struct proc_stat *st);
/* The marks in an environment. */
void procread_marks(const struct environ_text *env, struct marks *m);
/* Does this errno mean that looking is forbidden? */
bool procread_is_refused(int error);

#endif
