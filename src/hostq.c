/* hostq.c - the client: one command, one answer, one exit status. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* The libraries under libpq take longer to take down than to answer; only
 * checkers (sanitizers, and coverage, which is built without optimizing) have
 * anything to do at exit. */
static int
leave(int status)
{
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    _exit(status);
#endif
    return status;
}

int
main(int argc, char **argv)
{
    struct cli c = {0};
    struct err err = {0};
    int status;

    /* A reader that went away is an error of write, not a death: the scripts
     * know exit 0 and 1 only. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (cli_parse(&c, argc, argv, &err) != 0)
        status = cli_fail(&c, &err);
    else if (cli_has(&c, OPT_HELP) &&
             (c.command->fail_as != FAIL_HF || c.arg_count == 0)) {
        cli_help(strcmp(c.command->name, "help") == 0 ? NULL : c.command);
        status = 0;
    } else
        status = c.command->run(&c);
    int unwritten = cli_flush();
    cli_fini(&c);
    return leave(status != 0 ? status : unwritten);
}
