/* unit.h - how every unit test binary runs: one suite, TAP or plain output by
 * the environment (CK_TAP_LOG_FILE_NAME, CK_VERBOSITY), exit 0 or 1. */
#ifndef HOSTQ_TESTS_UNIT_H
#define HOSTQ_TESTS_UNIT_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Where the sources are; tests may run from a build directory. */
static inline const char *
unit_top(void)
{
    const char *top = getenv("top_srcdir");

    return top != NULL ? top : ".";
}

static inline int
unit_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);

    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
