/* runner.h - works rounds: plan -> wire -> judge -> step, for the jobs the
 * ledger hands it. One thread, its own engine, shares nothing but two
 * mailboxes. Knows no SQL. */
#ifndef HOSTQ_DAEMON_RUNNER_H
#define HOSTQ_DAEMON_RUNNER_H

#include <stdatomic.h>

#include "base/err.h"
#include "daemon/mailbox.h"
#include "provider/provider.h"

struct runner;

/* env and to_ledger are borrowed and outlive the runner. Starts a thread. */
/* fence_at (monotonic us, 0 = never): when that has passed nobody may believe
 * us alive any longer, and the runner drops its claims by itself. */
struct runner *runner_start(int number, const struct env *env,
                            const atomic_int_fast64_t *fence_at,
                            struct mailbox *to_ledger, struct err *err);
/* Where the ledger puts jobs and orders. */
struct mailbox *runner_mailbox(struct runner *r);
/* Waits for the thread (after ORDER_END) and frees. */
void runner_join(struct runner *r);

#endif
