/* launch.h - makes one process and says whether its exec happened. The only
 * place where a unit's process is created; the rules that keep a unit from
 * being started twice are explained in launch.c. */
#ifndef HOSTQ_IO_LAUNCH_H
#define HOSTQ_IO_LAUNCH_H

#include <stddef.h>
#include <sys/types.h>

/* The child needs a few hundred bytes of stack; execve takes none of it. */
#define LAUNCH_STACK_BYTES ((size_t)64 * 1024)

enum launch_step {
    LAUNCH_NONE, /* nothing failed: the program runs */
    LAUNCH_SESSION,
    LAUNCH_FILES,
    LAUNCH_DIR,
    LAUNCH_EXEC,
};

/* What the child reads, and the two fields that it writes. */
struct launch {
    char **programs; /* candidates, tried in turn; NULL-terminated */
    char **argv;
    char **envp;
    const char *dir;
    int in;          /* becomes 0; a descriptor of 3 or more */
    int out;         /* becomes 1 and 2; likewise */
    unsigned fd_end; /* filled by launch_run(): one past the last */
    volatile enum launch_step step;
    volatile int error; /* errno of that step */
};

/* Returns the child's pid, or -1 with errno if there is none. With step other
 * than LAUNCH_NONE the child is ending and must be waited for. Every other
 * descriptor stays open until the exec and is closed by it. stack_end is the
 * upper end of LAUNCH_STACK_BYTES, 16 bytes aligned. */
pid_t launch_run(struct launch *l, void *stack_end);

#endif
