/* daemon.c - puts the threads together: lock, ledger (with its runners),
 * sweep. Started in this order, ended in the reverse. */
#include "daemon/daemon.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/ledger.h"
#include "daemon/lock.h"
#include "daemon/metrics.h"
#include "daemon/shared.h"
#include "daemon/sweep.h"
#include "sys/clock.h"
#include "sys/log.h"

struct daemon {
    struct shared shared;
    struct lock *lock;
    struct ledger *ledger;
    struct sweep *sweep;
};

static int
shared_init(struct shared *s, const struct config *cfg, struct err *err)
{
    atomic_store(&s->cfg, cfg);
    s->env.deployment = s->deployment;
    s->env.host = cfg->host;
    s->env.boot_id = cfg->boot_id;
    s->env.output_dir = cfg->output_dir[0] ? cfg->output_dir : NULL;
    (void)snprintf(s->route, sizeof s->route, "host:%s/%s", cfg->host,
                   cfg->boot_id);
    (void)pthread_mutex_init(&s->lock, NULL);
    s->wake_ledger = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->wake_sweep = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->wake_ledger < 0 || s->wake_sweep < 0)
        return err_set(err, E_FAILED, "cannot make an eventfd");
    return 0;
}

static void
shared_fini(struct shared *s)
{
    if (s->wake_ledger >= 0)
        (void)close(s->wake_ledger);
    if (s->wake_sweep >= 0)
        (void)close(s->wake_sweep);
    free(s->scans);
    free(s->bounds);
    (void)pthread_mutex_destroy(&s->lock);
}

struct daemon *
daemon_start(const struct config *cfg, struct err *err)
{
    struct daemon *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    metrics_set(M_SLOTS, cfg->slots);
    metrics_set(M_UP_SINCE, now_real());
    metrics_add_with(M_BUILD_INFO, 1, PACKAGE_VERSION, NULL);
    if (shared_init(&d->shared, cfg, err) < 0)
        goto fail;
    d->lock = lock_start(&d->shared, err);
    if (!d->lock)
        goto fail;
    d->ledger = ledger_new(&d->shared);
    if (ledger_start(d->ledger, err) < 0) {
        ledger_free(d->ledger);
        lock_stop(d->lock);
        goto fail;
    }
    d->sweep = sweep_start(&d->shared, err);
    if (!d->sweep) {
        shared_fail(&d->shared, err);
        ledger_join(d->ledger);
        ledger_free(d->ledger);
        lock_stop(d->lock);
        goto fail;
    }
    return d;
fail:
    shared_fini(&d->shared);
    free(d);
    return NULL;
}

void
daemon_reload(struct daemon *d, const struct config *cfg)
{
    atomic_store(&d->shared.cfg, cfg);
    metrics_set(M_SLOTS, cfg->slots);
}

static void
stop_at(struct daemon *d, enum stop_stage stage)
{
    if (atomic_load(&d->shared.stop) < (int)stage)
        atomic_store(&d->shared.stop, (int)stage);
    shared_wake(d->shared.wake_ledger);
}

void
daemon_stop(struct daemon *d)
{
    stop_at(d, STOP_DRAIN);
}

void
daemon_kill(struct daemon *d)
{
    stop_at(d, STOP_ABORT);
}

bool
daemon_wait(struct daemon *d, usec_t timeout)
{
    usec_t until = usec_add(now_mono(), timeout);
    while (!atomic_load(&d->shared.ended) && now_mono() < until) {
        struct pollfd none;
        (void)poll(&none, 0, 10);
    }
    return atomic_load(&d->shared.ended);
}

const struct err *
daemon_error(const struct daemon *d)
{
    return atomic_load(&d->shared.failed) ? &d->shared.why : NULL;
}

int
daemon_health(const struct daemon *d, struct err *err)
{
    const struct shared *s = &d->shared;
    const struct config *cfg = atomic_load(&s->cfg);
    usec_t age = now_mono() - (usec_t)atomic_load(&s->turn_at);
    if (atomic_load(&s->stop) != STOP_NONE || atomic_load(&s->failed))
        return err_set(err, E_CONFLICT, "stopping");
    if (age > usec_add(cfg->statement_timeout, 5 * USEC_S))
        return err_set(err, E_TIMEOUT, "the ledger has not turned for %lld s",
                       (long long)(age / USEC_S));
    if (!atomic_load(&s->connected) || atomic_load(&s->lock_since) == 0)
        return err_set(err, E_DATABASE, "no connection to the database");
    if (atomic_load(&s->epoch) == 0)
        return err_set(err, E_FAILED, "not registered");
    return 0;
}

int
daemon_finish(struct daemon *d)
{
    daemon_kill(d);
    ledger_join(d->ledger);
    sweep_join(d->sweep);
    lock_stop(d->lock);
    int status = atomic_load(&d->shared.failed) ? (int)d->shared.why.code : 0;
    ledger_free(d->ledger);
    shared_fini(&d->shared);
    free(d);
    return status;
}
