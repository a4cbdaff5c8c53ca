/* batch.c - see batch.h.
 *
 * Order is the point: first the spawn locks of all calls of the batch are
 * taken, then /proc is scanned once, then what the scan lacks is started, or
 * told as gone, then each call's locks are given back. Nobody else starts a
 * unit of these requests meanwhile, so the scan stays good however long the
 * starting takes; it is cut into turns, to let other calls have theirs. A
 * kill or look behind a spawn of its request does not get the lock, whichever
 * engine the spawn is in: it ends as busy, and is tried again. */
#include "io/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "io/kill.h"
#include "io/reaper.h"
#include "io/spawnlock.h"
#include "sys/clock.h"

/* Locks are descriptors: not many more at once. */
#define BATCH_LOCKS 64
/* A process inside exec makes a scan void: it is repeated after this long,
 * this many times (together 200 ms), then the calls end as busy. */
#define RESCAN_AFTER (2 * USEC_MS)
#define RESCAN_MOST 100

/* Units of one call are started for one request. */
static bool
startable(const struct call *call)
{
    const char *request_id = NULL;

    for (size_t i = 0; i < call->unit_count; i++) {
        const struct unit *u = &call->units[i];

        if (u->pid > 0)
            continue;
        if (request_id != NULL && strcmp(u->request_id, request_id) != 0)
            return false;
        request_id = u->request_id;
    }
    return true;
}

static bool
is_locked(const struct flight *f, const char *request_id)
{
    for (size_t i = 0; i < f->lock_count; i++)
        if (strcmp(f->locks[i].request_id, request_id) == 0)
            return true;
    return false;
}

/* The lock of every request with a unit that only a scan can find. -1 with
 * errno and the request whose lock could not be had. */
static int
take_locks(struct engine *e, struct flight *f, const char **request_id)
{
    for (size_t i = 0; i < f->call.unit_count; i++) {
        const struct unit *u = &f->call.units[i];
        struct flight_lock lock = {.request_id = u->request_id};

        if (u->pid > 0 || is_locked(f, u->request_id))
            continue;
        *request_id = u->request_id;
        lock.fd =
            spawnlock_take(e->place.deployment, e->place.host, u->request_id);
        if (lock.fd < 0)
            return -1;
        f->locks = mem_grow(f->locks, f->lock_count, sizeof(*f->locks));
        f->locks[f->lock_count++] = lock;
    }
    return 0;
}

/* f ended, or it is in the batch with its locks. A look at everything needs
 * none: it does not say of any unit that it is not there. */
static void
join(struct engine *e, struct flight *f)
{
    const char *request_id = "";

    if (f->call.type == CALL_SPAWN && !startable(&f->call))
        flight_end(e, f, WIRE_LOST, "units of several requests in one call");
    else if (f->call.scan || take_locks(e, f, &request_id) == 0)
        flight_move(e, f, &e->batch);
    else if (errno == EADDRINUSE)
        flight_end(e, f, WIRE_BUSY,
                   "another daemon or call of this host is at the units of "
                   "request %s",
                   request_id);
    else /* not UNIT_ERROR: earlier units of it may be alive */
        flight_end(e, f, WIRE_LOST, "no spawn lock: %s; request %s",
                   strerrordesc_np(errno), request_id);
}

static void
fill(struct engine *e)
{
    struct flight *f;
    size_t locks = 0;

    e->scan_tries = 0;
    e->scan_due = 0;
    while ((f = TAILQ_FIRST(&e->queued)) != NULL && locks < BATCH_LOCKS) {
        join(e, f);
        locks += f->lock_count;
    }
}

static void
end_all(struct engine *e, enum wire_end end, const char *text)
{
    struct flight *f;

    while ((f = TAILQ_FIRST(&e->batch)) != NULL)
        flight_end(e, f, end, "%s", text);
}

/* True once there is a scan to work with. */
static bool
scan(struct engine *e)
{
    struct err err;

    if (now_mono() < e->scan_due)
        return false;
    if (procfs_scan(e->place.deployment, e->place.host, &e->scan, &err) != 0) {
        end_all(e, WIRE_LOST, err.text);
        return false;
    }
    if (e->scan.starting == 0)
        return true;
    if (++e->scan_tries > RESCAN_MOST) {
        char text[80];

        (void)snprintf(text, sizeof(text),
                       "process %d does not get through "
                       "its exec",
                       e->scan.starting);
        end_all(e, WIRE_BUSY, text);
    }
    e->scan_due = usec_add(now_mono(), RESCAN_AFTER);
    procfs_scan_fini(&e->scan);
    return false;
}

/* False: it cannot be told whether u is there, so it was not started.
 * Not started again: a unit whose pid is known, and our own child of that
 * name that ended. The call was made before, and this is how it went. */
static bool
start_unit(struct engine *e, const struct call *call, struct unit *u)
{
    bool recorded = u->pid > 0;
    pid_t pid;

    unit_look(&e->place, u, &e->scan);
    if (u->state == UNIT_UNKNOWN)
        return false;
    if (u->state != UNIT_GONE || recorded)
        return true;
    pid = child_spawn(e->maker, call, u);
    if (pid == 0)
        return true;
    unit_alive(&e->place, u, pid, procfs_start_time(pid));
    reaper_add(e->place.scope, u);
    return true;
}

/* Starts units of f until the time is up. */
static void
spawn(struct engine *e, struct flight *f, usec_t until)
{
    while (f->next_unit < f->call.unit_count) {
        struct unit *u = &f->call.units[f->next_unit++];

        if (!start_unit(e, &f->call, u)) {
            flight_end(e, f, WIRE_LOST, "%s", u->text);
            return;
        }
        if (now_mono() >= until && f->next_unit < f->call.unit_count)
            return;
    }
    /* Some may have ended while the others were started. */
    for (size_t i = 0; i < f->call.unit_count; i++)
        if (f->call.units[i].state == UNIT_ALIVE)
            (void)reaper_look(e->place.scope, &f->call.units[i]);
    flight_ok(e, f);
}

struct listing {
    struct engine *engine;
    struct flight *flight;
};

static void
list_unit(struct reply *r, const struct unit *u)
{
    struct unit *to = reply_add_unit(r, u->instance_id, u->request_id);

    to->pid = u->pid;
    to->start_time = u->start_time;
    to->started_at = u->started_at;
    to->state = u->state;
}

/* Not being able to look at a process does not end it. */
static bool
may_live(const struct unit *u)
{
    return u->state == UNIT_ALIVE || u->state == UNIT_UNKNOWN;
}

/* A living child of ours that hides its marks. */
static void
list_child(const struct unit *u, void *arg)
{
    const struct listing *l = arg;

    if (procfs_scan_find(&l->engine->scan, u->instance_id) == NULL)
        list_unit(&l->flight->reply, u);
}

static int
compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct unit *)a)->instance_id,
                  ((const struct unit *)b)->instance_id);
}

/* Marks are inherited: what the scan found may be a descendant with a session
 * of its own. A process that is known to be the unit goes before it, as long
 * as that lives; after its end the truth is what was found. */
static void
list_found(struct engine *e, struct flight *f, const struct proc_unit *found)
{
    struct unit u = {.instance_id = found->unit, .request_id = found->request};
    struct unit *known = NULL;

    if (f->call.unit_count > 0)
        known = bsearch(&u, f->call.units, f->call.unit_count, sizeof(u),
                        compare_ids);
    if (known != NULL && known->pid > 0 &&
        (known->pid != found->pid || known->start_time != found->start_time)) {
        unit_look(&e->place, known, NULL);
        if (may_live(known)) {
            list_unit(&f->reply, known);
            return;
        }
    }
    if (known != NULL)
        u.request_id = known->request_id;
    if (!reaper_look(e->place.scope, &u) || u.state != UNIT_ALIVE)
        unit_alive(&e->place, &u, found->pid, found->start_time);
    list_unit(&f->reply, &u);
}

/* The reply lists what the scan found, our own children, and those of the
 * call's units (known by pid and start time) that are alive, or UNKNOWN; each
 * once. */
static void
look_everywhere(struct engine *e, struct flight *f)
{
    struct listing l = {.engine = e, .flight = f};

    if (f->call.unit_count > 0)
        qsort(f->call.units, f->call.unit_count, sizeof(*f->call.units),
              compare_ids);
    for (size_t i = 0; i < e->scan.count; i++)
        list_found(e, f, &e->scan.units[i]);
    reaper_each(e->place.scope, list_child, &l);
    for (size_t i = 0; i < f->call.unit_count; i++) {
        struct unit *u = &f->call.units[i];
        struct unit named = {.instance_id = u->instance_id};

        if (u->pid <= 0 || procfs_scan_find(&e->scan, u->instance_id) != NULL)
            continue;
        /* Told as a child of ours already. */
        if (reaper_look(e->place.scope, &named) && named.state == UNIT_ALIVE)
            continue;
        unit_look(&e->place, u, &e->scan);
        if (may_live(u))
            list_unit(&f->reply, u);
    }
    flight_ok(e, f);
}

static void
look(struct engine *e, struct flight *f)
{
    if (f->call.scan) {
        look_everywhere(e, f);
        return;
    }
    for (size_t i = 0; i < f->call.unit_count; i++)
        unit_look(&e->place, &f->call.units[i], &e->scan);
    flight_ok(e, f);
}

static void
serve(struct engine *e, struct flight *f, usec_t until)
{
    switch (f->call.type) {
    case CALL_SPAWN:
        spawn(e, f, until);
        break;
    case CALL_LOOK:
        look(e, f);
        break;
    case CALL_KILL:
        kill_start(e, f, &e->scan);
        flight_unlock(f); /* what it waits for is known by pid */
        break;
    case CALL_NONE:
    case CALL_TIMER:
    case CALL_HTTP:
        break;
    }
}

/* Looks first: they wait for nothing, and the scan is fresh. */
static void
serve_looks(struct engine *e)
{
    struct flight *f, *next;

    for (f = TAILQ_FIRST(&e->batch); f != NULL; f = next) {
        next = TAILQ_NEXT(f, link);
        if (f->call.type != CALL_SPAWN)
            serve(e, f, 0);
    }
}

void
batch_run(struct engine *e)
{
    usec_t until = usec_add(now_mono(), FLIGHT_TURN);
    struct flight *f;

    if (TAILQ_EMPTY(&e->batch))
        fill(e);
    if (TAILQ_EMPTY(&e->batch))
        return;
    if (!e->scanned) {
        if (!scan(e))
            return;
        e->scanned = true;
        serve_looks(e);
    }
    while ((f = TAILQ_FIRST(&e->batch)) != NULL && now_mono() < until)
        serve(e, f, until);
    if (TAILQ_EMPTY(&e->batch)) {
        procfs_scan_fini(&e->scan);
        e->scanned = false;
    }
}

usec_t
batch_due(const struct engine *e)
{
    if (TAILQ_EMPTY(&e->batch))
        return TAILQ_EMPTY(&e->queued) ? USEC_MAX : 0;
    return e->scanned ? 0 : e->scan_due;
}
