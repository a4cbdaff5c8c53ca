/* sweep.c - periodic statements, and the watch over the other daemons.
 *
 * Every daemon watches the others while one of them owns requests or looks
 * dead (told by the heartbeat, once a second); the rest is done by one, the
 * sweeper (lowest living epoch, told as well, and so are the next deadline and
 * the next run of a schedule). A free lock counts as death only when it was
 * seen free for FREE_FOR, and neither that nor an expired lease counts until
 * our own lock connection is SETTLED old, so that a restarted server, which
 * frees every lock, needs no detection. */
#include "daemon/sweep.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/metrics.h"
#include "db/bind.h"
#include "db/conn.h"
#include "db/pipe.h"
#include "db/rows.h"
#include "sys/clock.h"
#include "sys/log.h"

static const usec_t FREE_FOR = 500 * USEC_MS;
static const usec_t SETTLED = 3 * USEC_S;
static const usec_t PEERS_EVERY = 200 * USEC_MS;
static const usec_t PEERS_SOON = 50 * USEC_MS; /* while a lock is free */
static const usec_t RETRY_EVERY = 500 * USEC_MS;
/* A wake-up says that somebody has work before a heartbeat can say so. */
static const usec_t WATCH_FOR = 2 * USEC_S;
static const usec_t DEADLINES_NET = 9 * USEC_S;
/* Least time between two looks at schedules: one that somebody has locked
 * stays due. */
#define SCHEDULES_EVERY (100 * USEC_MS)
/* A statement may take a hundredth of the time. */
enum { COST_FACTOR = 100, SUSPECTS_MAX = 64, SWEEP_ROWS = 1000 };

/* What is done again and again. */
struct task {
    const char *name;
    usec_t every;
    enum stmt stmt;
    enum { ARG_NONE, ARG_LIMIT, ARG_HOST } arg;
    bool by_sweeper; /* only the sweeper does it */
    int most;        /* did it so much, it is done again at once; 0: never */
    enum { ALWAYS, TOLD_DEADLINE, TOLD_SCHEDULE } when; /* heartbeat says */
};

static const struct task tasks[] = {
    {"deadlines", USEC_S, STMT_SWEEP_DEADLINES, ARG_LIMIT, true, SWEEP_ROWS,
     TOLD_DEADLINE},
    {"schedules", SCHEDULES_EVERY, STMT_SWEEP_SCHEDULES, ARG_LIMIT, true,
     SWEEP_ROWS, TOLD_SCHEDULE},
    {"reroute", 5 * USEC_S, STMT_SWEEP_REROUTE, ARG_NONE, true, 0, ALWAYS},
    {"stale", 5 * USEC_S, STMT_SWEEP_STALE, ARG_LIMIT, true, SWEEP_ROWS,
     ALWAYS},
    {"boots", 60 * USEC_S, STMT_SWEEP_BOOTS, ARG_HOST, false, 0, ALWAYS},
    {"house", 60 * USEC_S, STMT_SWEEP_HOUSE, ARG_NONE, true, 0, ALWAYS},
    {"partitions", 60 * USEC_S, STMT_SWEEP_PARTITIONS, ARG_NONE, true, 1,
     ALWAYS},
    {"retention", 60 * USEC_S, STMT_SWEEP_RETENTION, ARG_LIMIT, true,
     SWEEP_ROWS, ALWAYS},
};
enum { TASK_COUNT = sizeof tasks / sizeof tasks[0] };

/* Another daemon whose lock is free, or that is being searched again. */
struct suspect {
    int epoch;
    usec_t free_since; /* monotonic; 0 = not free */
    bool seen;         /* in the last look */
};

struct sweep {
    struct shared *shared;
    PGconn *conn;
    usec_t reconnect_at, peers_at;
    usec_t task_at[TASK_COUNT];
    struct suspect suspects[SUSPECTS_MAX];
    int suspect_count;
    pthread_t thread;
};

/* The look at the others is quick where the link is well; one that is
 * half-open must not hide deaths for as long as other statements may take. */
static usec_t
limit_of(const struct sweep *s, enum stmt st)
{
    const struct config *cfg = s->shared->cfg;
    usec_t third = cfg->lease / 3;
    return st == STMT_PEERS && third < cfg->statement_timeout
               ? third
               : cfg->statement_timeout;
}

static PGresult *
run_stmt(struct sweep *s, enum stmt st, const char *const *params)
{
    struct err err;
    char sqlstate[6];
    PGresult *res =
        pipe_one(s->conn, st, params, limit_of(s, st), sqlstate, &err);
    if (res)
        return res;
    if (sqlstate[0]) {
        metrics_db_error(sqlstate);
        log_event_limited(LOG_ERROR, "db.error", sqlstate,
                          "during=%s sqlstate=%s text=%s", stmt_name(st),
                          sqlstate, log_quote(err.text));
    } else {
        log_event(LOG_WARN, "db.lost", "why=%s", log_quote(err.text));
        PQfinish(s->conn);
        s->conn = NULL;
        s->reconnect_at = usec_add(now_mono(), RETRY_EVERY);
    }
    return NULL;
}

static struct suspect *
suspect_of(struct sweep *s, int epoch)
{
    for (int i = 0; i < s->suspect_count; i++)
        if (s->suspects[i].epoch == epoch)
            return &s->suspects[i];
    if (s->suspect_count == SUSPECTS_MAX)
        return NULL;
    struct suspect *x = &s->suspects[s->suspect_count++];
    memset(x, 0, sizeof *x);
    x->epoch = epoch;
    return x;
}

/* Fast pass with the ledger's bounds, then the whole queue. */
static void
take_over(struct sweep *s, int epoch, const char *why)
{
    struct shared *sh = s->shared;
    struct bind scans, bounds;
    char dead[24], own[24];
    bind_init(&scans);
    bind_init(&bounds);
    (void)pthread_mutex_lock(&sh->lock);
    for (int i = 0; i < sh->scan_count; i++) {
        bind_int(&scans, sh->scans[i]);
        bind_int(&bounds, sh->bounds[i]);
    }
    (void)pthread_mutex_unlock(&sh->lock);
    (void)snprintf(dead, sizeof dead, "%d", epoch);
    (void)snprintf(own, sizeof own, "%d", atomic_load(&sh->epoch));
    const char *fast[] = {dead, own, bind_done(&scans), bind_done(&bounds)};
    const char *whole[] = {dead, own, NULL, NULL};
    PGresult *res = run_stmt(s, STMT_TAKE_OVER, fast);
    int64_t n = res ? row_int(res, 0, "taken") : -1;
    PQclear(res);
    if (n >= 0) {
        metrics_add(M_TAKEOVERS, 1);
        log_event(LOG_WARN, "daemon.taken_over", "epoch=%d why=%s rows=%lld",
                  epoch, why, (long long)n);
        res = s->conn ? run_stmt(s, STMT_TAKE_OVER, whole) : NULL;
        int64_t more = res ? row_int(res, 0, "taken") : 0;
        metrics_add(M_RECLAIMED, n + more);
        if (more > 0)
            log_event(LOG_WARN, "daemon.taken_over",
                      "epoch=%d why=whole_queue rows=%lld", epoch,
                      (long long)more);
        PQclear(res);
    }
    bind_fini(&scans);
    bind_fini(&bounds);
}

/* One peer of the last look. True: look again soon. */
static bool
judge_peer(struct sweep *s, const PGresult *res, int row, bool settled)
{
    int epoch = (int)row_int(res, row, "epoch");
    usec_t now = now_mono();
    if (row_bool(res, row, "ended")) {
        take_over(s, epoch, "stopped");
        return false;
    }
    bool lock_free = row_bool(res, row, "lock_free");
    if (!settled || (!lock_free && !row_bool(res, row, "expired")))
        return false; /* forgotten, too, where it was suspected */
    if (!lock_free) {
        take_over(s, epoch, "lease_expired");
        return false;
    }
    struct suspect *x = suspect_of(s, epoch);
    if (!x)
        return true; /* so many at once: when there is room */
    x->seen = true;
    if (x->free_since == 0)
        x->free_since = now;
    if (now - x->free_since < FREE_FOR)
        return true;
    take_over(s, epoch, "lock_free");
    return false;
}

static void
look_at_peers(struct sweep *s)
{
    char own[24];
    int64_t since = atomic_load(&s->shared->lock_since);
    bool settled = since > 0 && now_mono() - since >= SETTLED;
    bool soon = false;
    (void)snprintf(own, sizeof own, "%d", atomic_load(&s->shared->epoch));
    const char *params[] = {own};
    CLEANUP_RESULT PGresult *res = run_stmt(s, STMT_PEERS, params);
    if (res && PQntuples(res) > 0 && !row_bool(res, 0, "own_held")) {
        settled = false;
        if (since > 0)
            atomic_store(&s->shared->relock, true);
    }
    for (int i = 0; i < s->suspect_count; i++)
        s->suspects[i].seen = false;
    for (int i = 0; res && s->conn && i < PQntuples(res); i++)
        soon |= judge_peer(s, res, i, settled);
    int kept = 0;
    for (int i = 0; i < s->suspect_count; i++)
        if (s->suspects[i].seen)
            s->suspects[kept++] = s->suspects[i];
    s->suspect_count = kept;
    s->peers_at = usec_add(now_mono(), soon ? PEERS_SOON : PEERS_EVERY);
}

/* Is there anybody to be looked after? */
static bool
watching(const struct sweep *s, usec_t now)
{
    struct shared *sh = s->shared;
    if (s->suspect_count > 0 || !atomic_load(&sh->connected) ||
        atomic_load(&sh->watch_peers))
        return true;
    return !atomic_load(&sh->alone) &&
           now < usec_add(atomic_load(&sh->heard_at), WATCH_FOR);
}

/* The next run, which the statement tells sooner than the next heartbeat does.
 * Where the statement failed: the pause before it is said again. */
static usec_t
told_schedule(struct sweep *s, const PGresult *res, usec_t every)
{
    usec_t at = USEC_MAX;
    if (!res)
        return USEC_S;
    if (row_text(res, 0, "next_us"))
        at = usec_add(now_mono(), row_int(res, 0, "next_us"));
    atomic_store(&s->shared->schedule_at, at);
    return every;
}

static void
do_task(struct sweep *s, int i)
{
    const struct task *t = &tasks[i];
    const struct env *env = &s->shared->env;
    char limit[24];
    usec_t before = now_mono();
    (void)snprintf(limit, sizeof limit, "%d", (int)SWEEP_ROWS);
    const char *params[] = {t->arg == ARG_HOST ? env->host : limit,
                            env->boot_id};
    CLEANUP_RESULT PGresult *res =
        run_stmt(s, t->stmt, t->arg == ARG_NONE ? NULL : params);
    usec_t took = now_mono() - before;
    usec_t every = t->every;
    int64_t n = res && PQfnumber(res, "n") >= 0 ? row_int(res, 0, "n") : 0;
    if (res && PQfnumber(res, "put_off") >= 0)
        metrics_add(M_PUT_OFF, row_int(res, 0, "put_off"));
    if (res && PQfnumber(res, "horizon_us") >= 0)
        metrics_set(M_HORIZON, row_int(res, 0, "horizon_us"));
    if (t->most > 0 && n >= t->most)
        every = 0;
    else if (took * COST_FACTOR > every && every > USEC_S)
        every = took * COST_FACTOR;
    if (tasks[i].when == TOLD_SCHEDULE)
        every = told_schedule(s, res, every);
    else if (n > 0)
        log_event(LOG_INFO, "sweep.done", "task=%s rows=%lld ms=%lld", t->name,
                  (long long)n, (long long)(took / USEC_MS));
    s->task_at[i] = usec_add(now_mono(), every);
}

/* When a task is next to be done: the deadlines when there is one, and now and
 * then without being asked; schedules only when there is one. */
static usec_t
task_due(const struct sweep *s, int i)
{
    struct shared *sh = s->shared;
    usec_t told = atomic_load(&sh->deadline_at);
    usec_t net = usec_add(s->task_at[i], DEADLINES_NET);
    if (tasks[i].when == TOLD_SCHEDULE) {
        told = atomic_load(&sh->schedule_at);
        return told > s->task_at[i] ? told : s->task_at[i];
    }
    if (tasks[i].when == ALWAYS || !atomic_load(&sh->connected) ||
        told <= s->task_at[i])
        return s->task_at[i];
    return told < net ? told : net;
}

static usec_t
tick(struct sweep *s)
{
    struct shared *sh = s->shared;
    usec_t now = now_mono();
    usec_t next = usec_add(now, USEC_S);
    /* A daemon that stops looks after nobody any more. */
    if (atomic_load(&sh->stop) != STOP_NONE)
        return next;
    if (!s->conn) {
        struct err err;
        if (now < s->reconnect_at)
            return s->reconnect_at;
        const struct pipe_options opt = {
            .app = "hostqd sweep",
            .connect_limit = sh->cfg->connect_timeout,
        };
        s->conn = pipe_open(sh->cfg->database, &opt, &err);
        if (!s->conn) {
            log_event_limited(LOG_WARN, "db.unreachable", "sweep", "why=%s",
                              log_quote(err.text));
            s->reconnect_at = usec_add(now_mono(), RETRY_EVERY);
            return s->reconnect_at;
        }
    }
    bool watch = watching(s, now);
    if (atomic_exchange(&sh->check_peers, false) ||
        (watch && now >= s->peers_at))
        look_at_peers(s);
    for (int i = 0; i < TASK_COUNT && s->conn; i++) {
        if (tasks[i].by_sweeper && !atomic_load(&sh->sweeper))
            continue;
        if (now >= task_due(s, i))
            do_task(s, i);
        if (task_due(s, i) < next)
            next = task_due(s, i);
    }
    return watch && s->peers_at < next ? s->peers_at : next;
}

static void *
run(void *arg)
{
    struct sweep *s = arg;
    log_context("thread=sweep");
    while (!atomic_load(&s->shared->ended)) {
        usec_t next = tick(s);
        struct pollfd fd = {s->shared->wake_sweep, POLLIN, 0};
        usec_t left = usec_sub(next, now_mono());
        if (left > 0 && poll(&fd, 1, (int)(left / USEC_MS) + 1) > 0)
            shared_awake(s->shared->wake_sweep);
    }
    if (s->conn)
        PQfinish(s->conn);
    return NULL;
}

struct sweep *
sweep_start(struct shared *shared, struct err *err)
{
    struct sweep *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->shared = shared;
    atomic_store(&shared->watch_peers, true); /* until a heartbeat says */
    atomic_store(&shared->schedule_at, USEC_MAX);
    for (int i = 0; i < TASK_COUNT; i++) /* in turn: none delays another */
        s->task_at[i] = usec_add(now_mono(), i * USEC_S);
    if (pthread_create(&s->thread, NULL, run, s) != 0) {
        (void)err_set(err, E_FAILED, "cannot start a thread");
        free(s);
        return NULL;
    }
    return s;
}

void
sweep_join(struct sweep *s)
{
    (void)pthread_join(s->thread, NULL);
    free(s);
}
