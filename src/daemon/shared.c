#include "daemon/shared.h"

#include <unistd.h>

void
shared_wake(int eventfd)
{
    uint64_t one = 1;
    /* Full means it is awake already. */
    if (write(eventfd, &one, sizeof one) < 0)
        return;
}

void
shared_awake(int eventfd)
{
    uint64_t n;
    if (read(eventfd, &n, sizeof n) < 0)
        return;
}

void
shared_fail(struct shared *s, const struct err *why)
{
    (void)pthread_mutex_lock(&s->lock);
    if (!atomic_load(&s->failed)) {
        s->why = *why;
        atomic_store(&s->failed, true);
    }
    (void)pthread_mutex_unlock(&s->lock);
    shared_wake(s->wake_ledger);
}
