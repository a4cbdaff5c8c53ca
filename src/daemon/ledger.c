/* ledger.c - the loop of the one writing thread.
 *
 * A turn: heartbeat and lanes when due (ledger_beat.c); then one transaction
 * with everything that waits to be written and, where there is room, a claim.
 * The loop waits only when there is nothing to write and the last claim found
 * nothing.
 *
 * Idle gate: a ledger that finds nothing tries an advisory lock, claims once
 * more in the same round trip, and only then waits; submit notifies exactly
 * when that lock is held (hostq.notify_work). */
#include "daemon/ledger.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ledger_int.h"
#include "daemon/metrics.h"
#include "daemon/signals.h"
#include "db/conn.h"
#include "sys/clock.h"
#include "sys/log.h"

void
jobs_init(struct jobs *l)
{
    l->head = NULL;
    l->tail = &l->head;
    l->count = 0;
}

void
jobs_add(struct jobs *l, struct job *j)
{
    j->next = NULL;
    *l->tail = j;
    l->tail = &j->next;
    l->count++;
}

struct job *
jobs_pop(struct jobs *l)
{
    struct job *j = l->head;
    if (!j)
        return NULL;
    l->head = j->next;
    if (!l->head)
        l->tail = &l->head;
    j->next = NULL;
    l->count--;
    return j;
}

void
ledger_release(struct ledger *l, struct job *j)
{
    if (j->hand_prev)
        j->hand_prev->hand_next = j->hand_next;
    else
        l->hand = j->hand_next;
    if (j->hand_next)
        j->hand_next->hand_prev = j->hand_prev;
    permits_release(&l->permits, j->key);
    walks_hand(&l->walks, j->share, -1);
    l->common -= j->common;
    l->more |= j->key != 0 || l->shared->cfg->slots_high > 0;
    if (lane_role(j->req->lane) == LANE_SUSPECT) {
        l->suspects--;
        walks_wake(&l->walks);
        l->more = true;
    }
    job_free(j);
}

void
ledger_take_mail(struct ledger *l)
{
    struct order *orders;
    struct job *j = mailbox_take(&l->in, &orders);
    while (j) {
        struct job *next = j->next;
        switch (j->ask) {
        case JOB_MARK:
            jobs_add(&l->marks, j);
            break;
        case JOB_INTENT:
            jobs_add(&l->intents, j);
            break;
        case JOB_SETTLE:
            l->out--;
            jobs_add(&l->settles, j);
            break;
        case JOB_DROP:
            l->out--;
            ledger_release(l, j);
            break;
        case JOB_WORK:
        case JOB_READY:
        case JOB_LOST:
        case JOB_REFUSED:
            abort();
        }
        j = next;
    }
    claim_hand_over_ahead(l);
    atomic_store(&l->shared->in_flight, l->out);
    metrics_set(M_IN_FLIGHT, l->out + l->ahead.count);
}

static void
tell_end(struct ledger *l, const char *state)
{
    char epoch[24], sqlstate[6];
    struct err err;
    (void)snprintf(epoch, sizeof epoch, "%d", l->epoch);
    const char *params[] = {epoch, state};
    if (!l->conn || l->epoch == 0)
        return;
    PGresult *res = pipe_one(l->conn, STMT_DAEMON_ENDS, params,
                             l->shared->cfg->connect_timeout, sqlstate, &err);
    if (!res)
        log_event(LOG_WARN, "daemon.end_untold", "state=%s why=%s", state,
                  log_quote(err.text));
    if (!res && !sqlstate[0])
        ledger_disconnect(l, err.text);
    PQclear(res);
}

void
ledger_give_back_ahead(struct ledger *l)
{
    struct job *j;
    while ((j = jobs_pop(&l->ahead))) {
        step_back(j->req, &j->update);
        j->ask = JOB_SETTLE;
        jobs_add(&l->settles, j);
    }
}

/* First TERM: no more claims, what was not started goes back. */
static void
begin_stop(struct ledger *l)
{
    l->announced = true;
    l->grace_until = usec_add(now_mono(), l->shared->cfg->stop_grace);
    log_event(LOG_INFO, "daemon.stopping", "in_flight=%d ahead=%d", l->out,
              l->ahead.count);
    tell_end(l, "stopping");
    ledger_give_back_ahead(l);
    ledger_order_all(l, ORDER_DRAIN);
}

/* True when the ledger may end. */
static bool
stopping(struct ledger *l)
{
    int stage = atomic_load(&l->shared->stop);
    bool failed = atomic_load(&l->shared->failed);
    if (stage == STOP_NONE && !failed)
        return false;
    if (!l->announced)
        begin_stop(l);
    if (!l->aborted &&
        (stage == STOP_ABORT || failed || now_mono() >= l->grace_until)) {
        l->aborted = true;
        l->grace_until = usec_add(now_mono(), 2 * USEC_S);
        ledger_order_all(l, ORDER_ABORT);
    }
    bool flushed = !l->settles.head && !l->marks.head && !l->intents.head &&
                   !l->later.head && !ledger_busy(l);
    if (l->out == 0 && flushed)
        return true;
    return l->aborted && (now_mono() >= l->grace_until || !l->conn);
}

static usec_t
wait_until(const struct ledger *l)
{
    usec_t until = usec_add(now_mono(), LEDGER_BEAT_EVERY);
    if (!l->conn)
        return l->reconnect_at < until ? l->reconnect_at : until;
    if (l->settles.head || l->marks.head || l->intents.head ||
        (l->gate && l->found) || (l->more && claim_want(l) > 0))
        return l->write_at < until ? l->write_at : until;
    if (l->heartbeat_at < until)
        until = l->heartbeat_at;
    if (l->poll_at < until)
        until = l->poll_at;
    if (l->later.head && l->later_at < until)
        until = l->later_at;
    if (permits_due(l) < until)
        until = permits_due(l);
    if (due_next(&l->due) < until)
        until = due_next(&l->due);
    if (l->announced && l->grace_until < until)
        until = l->grace_until;
    return until;
}

static void
rest(struct ledger *l)
{
    struct shared *s = l->shared;
    usec_t left = usec_sub(wait_until(l), now_mono());
    struct pollfd fds[1 + WRITERS_MAX] = {{s->wake_ledger, POLLIN, 0}};
    for (int i = 0; i < l->writer_count; i++)
        fds[1 + i] = (struct pollfd){PQsocket(l->writers[i].conn), POLLIN, 0};
    if (left > 0)
        (void)poll(fds, (nfds_t)(1 + l->writer_count),
                   (int)((left + USEC_MS - 1) / USEC_MS));
    if (fds[0].revents)
        shared_awake(s->wake_ledger);
    for (int i = 0; i < l->writer_count; i++) { /* idle: only to see it close */
        struct writer *w = &l->writers[i];
        if (fds[1 + i].revents && !w->busy &&
            (!PQconsumeInput(w->conn) || PQstatus(w->conn) == CONNECTION_BAD))
            ledger_disconnect(l, PQerrorMessage(w->conn));
    }
}

/* The heartbeat looks for work, and says when some is due. */
static bool
rests(const struct ledger *l)
{
    return l->idle && l->shared->cfg->poll_interval >= LEDGER_BEAT_EVERY &&
           (l->gate || l->idle_wait >= LEDGER_BEAT_EVERY);
}

/* Reasons to believe that a claim finds something. */
static void
look_for_work(struct ledger *l)
{
    usec_t now = now_mono();
    bool work = atomic_exchange(&l->shared->work, false);
    int due = due_pass(&l->due, now);
    bool poll = now >= l->poll_at;
    if (poll)
        l->poll_at = usec_add(now, l->shared->cfg->poll_interval);
    poll &= !rests(l);
    if (!work && due == 0 && !poll)
        return;
    if (work) {
        l->idle_wait = LEDGER_IDLE_WAIT_MIN;
        walks_wake(&l->walks);
    }
    ledger_expect_work(l);
    l->poll_at = usec_add(now, l->shared->cfg->poll_interval);
}

static void *
run(void *arg)
{
    struct ledger *l = arg;
    log_context("thread=ledger");
    while (!stopping(l)) {
        rest(l);
        atomic_store(&l->shared->turn_at, now_mono());
        ledger_take_mail(l);
        ledger_reap(l);
        ledger_adopt_epoch(l);
        ledger_fence(l);
        if (!l->conn && l->epoch > 0 && now_mono() >= l->reconnect_at)
            ledger_connect(l);
        if (!l->conn)
            continue;
        ledger_beat(l);
        look_for_work(l);
        if (l->conn)
            later_look(l);
        if (l->conn)
            ledger_look_for_unknown(l);
        if (l->conn && now_mono() >= l->write_at)
            ledger_turn(l);
    }
    tell_end(l, "dead");
    log_event(LOG_INFO, "daemon.stopped", "epoch=%d left=%d", l->epoch, l->out);
    ledger_order_all(l, ORDER_END);
    for (int i = 0; i < l->runner_count; i++)
        runner_join(l->runners[i]);
    atomic_store(&l->shared->ended, true);
    shared_wake(l->shared->wake_sweep);
    signals_wake();
    return NULL;
}

static void
wake(void *arg)
{
    struct ledger *l = arg;
    shared_wake(l->shared->wake_ledger);
}

struct ledger *
ledger_new(struct shared *shared)
{
    struct ledger *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->shared = shared;
    mailbox_init(&l->in, wake, l);
    jobs_init(&l->settles);
    jobs_init(&l->marks);
    jobs_init(&l->intents);
    jobs_init(&l->ahead);
    jobs_init(&l->later);
    l->idle_wait = LEDGER_IDLE_WAIT_MIN;
    return l;
}

int
ledger_start(struct ledger *l, struct err *err)
{
    if (pthread_create(&l->thread, NULL, run, l) != 0)
        return err_set(err, E_FAILED, "cannot start a thread");
    return 0;
}

void
ledger_join(struct ledger *l)
{
    (void)pthread_join(l->thread, NULL);
}

void
ledger_free(struct ledger *l)
{
    struct job *j;
    writers_close(l, "the daemon ends");
    struct jobs *lists[] = {&l->settles, &l->marks, &l->intents, &l->ahead,
                            &l->later};
    for (int i = 0; i < 5; i++)
        while ((j = jobs_pop(lists[i])))
            job_free(j);
    walks_fini(&l->walks);
    permits_fini(&l->permits);
    mailbox_fini(&l->in);
    free(l->runners);
    free(l);
}
