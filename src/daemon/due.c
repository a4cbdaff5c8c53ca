#include "daemon/due.h"

void
due_add(struct due *d, usec_t at)
{
    if (d->count == DUE_MAX)
        return;
    int i = d->count++;
    while (i > 0 && d->at[(i - 1) / 2] > at) {
        d->at[i] = d->at[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    d->at[i] = at;
}

usec_t
due_next(const struct due *d)
{
    return d->count ? d->at[0] : USEC_MAX;
}

static void
pop(struct due *d)
{
    usec_t last = d->at[--d->count];
    int i = 0;
    for (;;) {
        int child = 2 * i + 1;
        if (child >= d->count)
            break;
        if (child + 1 < d->count && d->at[child + 1] < d->at[child])
            child++;
        if (d->at[child] >= last)
            break;
        d->at[i] = d->at[child];
        i = child;
    }
    if (d->count)
        d->at[i] = last;
}

int
due_pass(struct due *d, usec_t now)
{
    int n = 0;
    while (d->count && d->at[0] <= now) {
        pop(d);
        n++;
    }
    return n;
}
