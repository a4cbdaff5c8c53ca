/* engine.c - see engine.h; flight.h has the picture.
 *
 * Each turn of engine_wait() works until nothing is left to do now, then
 * sleeps in curl_multi_poll() on the pidfds of waiting kills (one epoll
 * descriptor for all), on curl's own sockets, and on engine_wake(). */
#include "io/engine.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "io/batch.h"
#include "io/boot.h"
#include "io/flight.h"
#include "io/kill.h"
#include "io/reaper.h"
#include "sys/clock.h"

/* How soon the end of a child that nobody asks for is noticed. */
#define REAP_EVERY (500 * USEC_MS)

static pthread_once_t once = PTHREAD_ONCE_INIT;

static int
compare_tags(const void *a, const void *b)
{
    uint64_t x = ((const struct flight *)a)->tag;
    uint64_t y = ((const struct flight *)b)->tag;

    return (x > y) - (x < y);
}

static struct flight *
find(const struct engine *e, uint64_t tag)
{
    const struct flight key = {.tag = tag};
    struct flight *const *at = tfind(&key, &e->by_tag, compare_tags);

    return at != NULL ? *at : NULL;
}

void
flight_unlock(struct flight *f)
{
    for (size_t i = 0; i < f->lock_count; i++)
        (void)close(f->locks[i].fd);
    free(f->locks);
    f->locks = NULL;
    f->lock_count = 0;
}

/* Takes f out of everything; its content is the caller's to move before. */
static void
flight_free(struct engine *e, struct flight *f)
{
    flight_move(e, f, NULL);
    (void)tdelete(f, &e->by_tag, compare_tags);
    kill_release(e, f);
    http_release(e, f);
    flight_unlock(f);
    call_fini(&f->call);
    reply_fini(&f->reply);
    free(f);
    e->inflight--;
}

void
flight_move(struct engine *e, struct flight *f, struct flights *to)
{
    timers_drop(&e->timers, &f->timer);
    if (f->list != NULL)
        TAILQ_REMOVE(f->list, f, link);
    f->list = to;
    if (to != NULL)
        TAILQ_INSERT_TAIL(to, f, link);
}

void
flight_end(struct engine *e, struct flight *f, enum wire_end end,
           const char *fmt, ...)
{
    struct reply *r = &f->reply;
    va_list args;

    kill_release(e, f);
    flight_unlock(f);
    r->end = end;
    va_start(args, fmt);
    if (vsnprintf(r->text, sizeof(r->text), fmt, args) >= (int)sizeof(r->text))
        r->text[sizeof(r->text) - 2] = '+';
    va_end(args);
    http_release(e, f);
    if (r->units == NULL && !f->call.scan) {
        r->units = f->call.units;
        r->unit_count = f->call.unit_count;
        f->call.units = NULL;
        f->call.unit_count = 0;
    }
    call_fini(&f->call);
    for (size_t i = 0; i < r->unit_count; i++)
        r->units[i].age = boot_age(r->units[i].start_time);
    flight_move(e, f, &e->ready);
}

void
flight_ok(struct engine *e, struct flight *f)
{
    flight_end(e, f, WIRE_OK, "%s", "");
}

static void
global_init(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    reaper_prepare();
}

struct engine *
engine_new(const struct engine_config *cfg, struct err *err)
{
    struct engine *e;
    int error;

    if (cfg->deployment == NULL || cfg->deployment[0] == '\0' ||
        cfg->host == NULL || cfg->host[0] == '\0') {
        (void)err_set(err, E_USAGE, "engine: no deployment or host");
        return NULL;
    }
    (void)pthread_once(&once, global_init);
    e = mem_zero(1, sizeof(*e));
    unit_place_init(&e->place, cfg->deployment, cfg->host);
    e->boot_id = mem_dup(cfg->boot_id);
    atomic_init(&e->woken, false);
    timers_init(&e->timers);
    signer_init(&e->signer);
    TAILQ_INIT(&e->direct);
    TAILQ_INIT(&e->queued);
    TAILQ_INIT(&e->timed);
    TAILQ_INIT(&e->wired);
    TAILQ_INIT(&e->batch);
    TAILQ_INIT(&e->ready);
    e->epoll = epoll_create1(EPOLL_CLOEXEC);
    e->maker = child_maker_new(cfg->deployment, cfg->host);
    error = errno;
    e->multi = curl_multi_init();
    if (e->epoll < 0 || e->maker == NULL || e->multi == NULL) {
        engine_free(e);
        (void)err_set(err, E_FAILED, "engine: %s", strerrordesc_np(error));
        return NULL;
    }
    return e;
}

static void
free_list(struct engine *e, struct flights *list)
{
    struct flight *f;

    while ((f = TAILQ_FIRST(list)) != NULL)
        flight_free(e, f);
}

void
engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    free_list(e, &e->direct);
    free_list(e, &e->queued);
    free_list(e, &e->timed);
    free_list(e, &e->wired);
    free_list(e, &e->batch);
    free_list(e, &e->ready);
    http_pool_fini(&e->http);
    if (e->multi != NULL)
        (void)curl_multi_cleanup(e->multi);
    signer_fini(&e->signer);
    child_maker_free(e->maker);
    if (e->epoll >= 0)
        (void)close(e->epoll);
    procfs_scan_fini(&e->scan);
    timers_fini(&e->timers);
    unit_place_fini(&e->place);
    free(e->boot_id);
    free(e);
}

static bool
needs_scan(const struct call *call)
{
    if (call->scan)
        return true;
    for (size_t i = 0; i < call->unit_count; i++)
        if (call->units[i].pid <= 0)
            return true;
    return false;
}

static void
start(struct engine *e, struct flight *f)
{
    switch (f->call.type) {
    case CALL_NONE:
        flight_ok(e, f);
        break;
    case CALL_TIMER:
        flight_move(e, f, &e->timed);
        timers_set(&e->timers, &f->timer,
                   usec_add(now_mono(), f->call.timeout));
        break;
    case CALL_SPAWN:
        flight_move(e, f, &e->queued);
        break;
    case CALL_LOOK:
    case CALL_KILL:
        flight_move(e, f, needs_scan(&f->call) ? &e->queued : &e->direct);
        break;
    case CALL_HTTP:
        http_start(e, f);
        break;
    }
}

int
engine_submit(struct engine *e, uint64_t tag, struct call *call)
{
    struct flight *f;

    if (find(e, tag) != NULL)
        return -1;
    f = mem_zero(1, sizeof(*f));
    f->tag = tag;
    f->call = *call;
    call_init(call);
    reply_init(&f->reply);
    if (tsearch(f, &e->by_tag, compare_tags) == NULL)
        abort();
    e->inflight++;
    start(e, f);
    return 0;
}

bool
engine_abort(struct engine *e, uint64_t tag)
{
    struct flight *f = find(e, tag);

    if (f == NULL || f->list == &e->ready)
        return false;
    flight_end(e, f, WIRE_ABORTED, "aborted");
    return true;
}

static void
run_direct(struct engine *e, usec_t until)
{
    struct flight *f;

    while ((f = TAILQ_FIRST(&e->direct)) != NULL && now_mono() < until) {
        if (f->call.type == CALL_KILL) {
            kill_start(e, f, NULL);
            continue;
        }
        for (size_t i = 0; i < f->call.unit_count; i++)
            unit_look(&e->place, &f->call.units[i], NULL);
        flight_ok(e, f);
    }
}

static void
run_timers(struct engine *e, usec_t now)
{
    struct timer *t;

    while ((t = timers_first(&e->timers)) != NULL && t->due <= now) {
        struct flight *f =
            (struct flight *)(void *)((char *)t -
                                      offsetof(struct flight, timer));

        if (f->call.type == CALL_KILL)
            kill_due(e, f);
        else if (f->call.type == CALL_HTTP)
            http_due(e, f);
        else
            flight_ok(e, f);
    }
}

static void
turn(struct engine *e, usec_t now)
{
    kill_collect(e);
    http_run(e);
    run_timers(e, now);
    run_direct(e, usec_add(now, FLIGHT_TURN));
    batch_run(e);
    if (now - e->reaped >= REAP_EVERY) {
        reaper_collect();
        e->reaped = now;
    }
}

/* When there is something to do without an event. */
static usec_t
next_due(const struct engine *e, usec_t end)
{
    const struct timer *t = timers_first(&e->timers);
    usec_t due = TAILQ_EMPTY(&e->direct) ? batch_due(e) : 0;

    if (t != NULL && t->due < due)
        due = t->due;
    if (due > e->reaped + REAP_EVERY && reaper_living() > 0)
        due = e->reaped + REAP_EVERY;
    return due < end ? due : end;
}

/* Rounded up: a poll that ends early would be repeated until it is time. */
static void
nap(struct engine *e, usec_t until)
{
    struct curl_waitfd fd = {.fd = e->epoll, .events = CURL_WAIT_POLLIN};
    usec_t span = usec_sub(until, now_mono());
    usec_t ms = span <= 0 ? 0 : (span - 1) / USEC_MS + 1;
    CURLMcode rc = curl_multi_poll(e->multi, &fd, e->pidfds > 0 ? 1 : 0,
                                   ms > INT_MAX ? INT_MAX : (int)ms, NULL);

    if (rc != CURLM_OK) {
        const struct timespec little = {.tv_nsec = 10 * 1000 * 1000};

        (void)nanosleep(&little, NULL);
    }
}

void
engine_wait(struct engine *e, usec_t timeout)
{
    usec_t end = usec_add(now_mono(), timeout);

    for (;;) {
        usec_t now = now_mono();
        bool woken = atomic_exchange(&e->woken, false);

        turn(e, now);
        if (woken || !TAILQ_EMPTY(&e->ready) || now >= end)
            return;
        nap(e, next_due(e, end));
    }
}

void
engine_wake(struct engine *e)
{
    atomic_store(&e->woken, true);
    (void)curl_multi_wakeup(e->multi);
}

bool
engine_next(struct engine *e, uint64_t *tag, struct reply *out)
{
    struct flight *f = TAILQ_FIRST(&e->ready);

    if (f == NULL)
        return false;
    *tag = f->tag;
    *out = f->reply;
    reply_init(&f->reply);
    flight_free(e, f);
    return true;
}

size_t
engine_inflight(const struct engine *e)
{
    return e->inflight;
}
