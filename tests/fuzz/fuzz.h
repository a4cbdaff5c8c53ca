/* fuzz.h - what every fuzz target has. tests/fuzz/replay.c runs the seeds
 * through it in `make check`; with --enable-fuzz libFuzzer makes up more and
 * keeps what is new in the first folder (not in ours):
 *   tests/fuzz/fuzz_words -max_total_time=10 /tmp/new tests/fuzz/seeds/words
 * A target checks with MUST() what holds for every input. */
#ifndef HOSTQ_TESTS_FUZZ_H
#define HOSTQ_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            (void)fprintf(stderr, "%s:%d: not: %s\n", __FILE__, __LINE__,      \
                          #condition);                                         \
            abort();                                                           \
        }                                                                      \
    } while (0)

#endif
