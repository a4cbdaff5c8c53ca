/* ledger_write.c - what goes out: a group of settles, marks and intents in
 * one transaction, and what its result means for each job. */
#include <stdlib.h>
#include <string.h>

#include "daemon/ledger_int.h"
#include "daemon/metrics.h"
#include "db/bind.h"
#include "db/rows.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    INTENTS_PER_GROUP = 24, /* one statement each; below PIPE_MAX */
    WATCHES_PER_GROUP = 4,
    REFUSALS_MAX = 3, /* then the row is left to the processing timeout */
    UNSURE_MAX = 5,   /* a second apart; then it counts as the row's fault */
};
static const usec_t WRITE_WAIT_MIN = 50 * USEC_MS;
static const usec_t WRITE_WAIT_MAX = USEC_S;
static const usec_t WATCH_AGAIN = 5 * USEC_S;

static bool
is_plain(const struct job *j)
{
    const struct update *u = &j->update;
    return !j->alone && !u->seen && !u->machines && !u->definite &&
           !u->reroute && !j->req->ordered &&
           strcmp(j->req->kind, "provision") != 0 &&
           strcmp(j->req->kind, "return") != 0 &&
           strcmp(j->req->kind, "watch") != 0;
}

static int
by_id(const void *a, const void *b)
{
    const struct job *x = *(struct job *const *)a;
    const struct job *y = *(struct job *const *)b;
    return (x->req->id > y->req->id) - (x->req->id < y->req->id);
}

/* Groups lock rows in order of id. */
static void
sort_jobs(struct jobs *l)
{
    struct job **v = calloc((size_t)l->count + 1, sizeof(struct job *));
    int n = 0;
    struct job *j;
    if (!v)
        abort();
    while ((j = jobs_pop(l)))
        v[n++] = j;
    qsort(v, (size_t)n, sizeof(struct job *), by_id);
    for (int i = 0; i < n; i++)
        jobs_add(l, v[i]);
    free(v);
}

static void
move(struct jobs *from, struct jobs *to, int most, bool alone)
{
    while (from->head && to->count < most && from->head->alone == alone)
        jobs_add(to, jobs_pop(from));
}

void
group_take(struct ledger *l, struct group *g, bool leave_plain)
{
    int most = (int)l->shared->cfg->group_size;
    jobs_init(&g->settles);
    jobs_init(&g->marks);
    jobs_init(&g->intents);
    g->alone = false;
    struct jobs *lists[] = {&l->settles, &l->marks, &l->intents};
    struct jobs *mine[] = {&g->settles, &g->marks, &g->intents};
    for (int i = 0; i < 3; i++) {
        if (lists[i]->head && lists[i]->head->alone) {
            move(lists[i], mine[i], 1, true);
            g->alone = true;
            return;
        }
    }
    int watches = 0;
    while (l->settles.head && !l->settles.head->alone &&
           g->settles.count < most &&
           !(leave_plain && is_plain(l->settles.head))) {
        if (l->settles.head->update.seen && ++watches > WATCHES_PER_GROUP)
            break;
        jobs_add(&g->settles, jobs_pop(&l->settles));
    }
    move(&l->marks, &g->marks, most, false);
    move(&l->intents, &g->intents, INTENTS_PER_GROUP, false);
    sort_jobs(&g->settles);
    sort_jobs(&g->marks);
}

void
group_take_plain(struct ledger *l, struct group *g)
{
    int most = (int)l->shared->cfg->group_size;
    jobs_init(&g->settles);
    jobs_init(&g->marks);
    jobs_init(&g->intents);
    g->alone = false;
    while (l->settles.head && g->settles.count < most &&
           is_plain(l->settles.head))
        jobs_add(&g->settles, jobs_pop(&l->settles));
    sort_jobs(&g->settles);
}

/* A time of the database's clock for the log; none: a request without. */
static const char *
utc_text(char *text, size_t size, usec_t at)
{
    (void)snprintf(text, size, "none");
    if (at > 0)
        dur_print_utc(at, text, size);
    return text;
}

static void
log_retry(const struct job *j)
{
    const struct update *u = &j->update;
    usec_t at = usec_add(request_now(j->req, now_mono()), u->delay);
    char not_before[40], deadline[40];
    log_event(LOG_INFO, "request.retry",
              "request=%s attempt=%d reason=%s backoff_ms=%lld "
              "not_before=%s deadline=%s",
              j->req->request_id, u->retry_attempt, reason_name(u->reason),
              (long long)(u->delay / USEC_MS),
              utc_text(not_before, sizeof not_before, at),
              utc_text(deadline, sizeof deadline, j->req->deadline));
}

static void
log_retry_denied(const struct job *j)
{
    const struct update *u = &j->update;
    char left[40] = "none";
    if (j->req->deadline > 0)
        (void)snprintf(
            left, sizeof left, "%.3f",
            (double)(j->req->deadline - request_now(j->req, now_mono())) / 1e6);
    log_event(LOG_WARN, "request.retry_denied",
              "request=%s attempt=%d reason=%s last_reason=%s "
              "deadline_in_s=%s",
              j->req->request_id, u->retry_attempt, reason_name(u->reason),
              reason_name(u->last_reason), left);
}

static void
count_settled(struct ledger *l, const struct job *j)
{
    const struct update *u = &j->update;
    metrics_settled(state_name(u->to));
    if (strcmp(u->verb, "retry") == 0) {
        metrics_add(M_RETRIES, 1);
        log_retry(j);
    }
    if (u->reason == R_MAX_RETRIES ||
        (u->reason == R_DEADLINE && u->to == S_FAILED)) {
        metrics_retry_denied(j->req->kind, reason_name(u->reason));
        log_retry_denied(j);
    }
    /* A clean-up may have been made in the same transaction, or the next of an
     * ordering key let go, and our own gate told nobody. */
    if (state_is_final(u->to) &&
        (j->req->ordered || strcmp(j->req->kind, "provision") == 0))
        l->more = true;
    if (!state_is_final(u->to))
        due_add(&l->due, usec_add(now_mono(), u->delay));
    else if (u->to != S_COMPLETED)
        log_event(LOG_INFO, "request.ended",
                  "request=%s state=%s reason=%s message=%s",
                  j->req->request_id, state_name(u->to), reason_name(u->reason),
                  log_quote(u->error_message));
}

static void
answer(struct ledger *l, struct job *j, enum job_ask what)
{
    if (what == JOB_LOST)
        metrics_add(M_LOST_OWNERSHIP, 1);
    else if (what == JOB_READY && !j->req->started)
        metrics_add(M_STARTED, 1);
    j->ask = what;
    j->alone = false;
    j->next = NULL;
    mailbox_put(
        runner_mailbox(
            l->runners[(uint64_t)j->req->id % (unsigned)l->runner_count]),
        j);
}

static void
lost(struct ledger *l, struct job *j)
{
    if (j->ask == JOB_MARK) { /* the runner waits for it */
        answer(l, j, JOB_LOST);
        return;
    }
    metrics_add(M_LOST_OWNERSHIP, 1);
    log_event(LOG_WARN, "request.lost", "request=%s lease=%lld",
              j->req->request_id, (long long)j->req->lease);
    ledger_release(l, j);
}

/* Settles or marks that hit no row: ask once more whose they are. */
static void
look_up(struct ledger *l, struct jobs *missing, PGconn *conn)
{
    struct bind ids, leases;
    struct pipe p;
    struct err err;
    bind_init(&ids);
    bind_init(&leases);
    for (const struct job *j = missing->head; j; j = j->next) {
        bind_int(&ids, j->req->id);
        bind_int(&leases, j->req->lease);
    }
    const char *params[] = {bind_done(&ids), bind_done(&leases)};
    pipe_begin(&p, conn);
    int at = pipe_add(&p, STMT_LOOKUP, params);
    group_add_late(missing, &p);
    int rc = pipe_run(&p, usec_add(ledger_limit(l), 2 * USEC_S), &err);
    if (rc < 0)
        ledger_error(l, "lookup", p.sqlstate, err.text);
    struct id_set ours = id_set_of(rc < 0 ? NULL : p.results[at]);
    struct job *j;
    while ((j = jobs_pop(missing))) {
        if (rc < 0 || id_set_has(&ours, j->req->id))
            jobs_add(j->ask == JOB_MARK ? &l->marks : &l->settles, j);
        else
            lost(l, j);
    }
    id_set_fini(&ours);
    if (rc < 0 && !p.sqlstate[0])
        ledger_disconnect(l, err.text);
    pipe_end(&p);
    bind_fini(&ids);
    bind_fini(&leases);
}

static void
settles_done(struct ledger *l, struct group *g, struct pipe *p)
{
    struct id_set final =
        id_set_of(g->at_final >= 0 ? p->results[g->at_final] : NULL);
    struct id_set open =
        id_set_of(g->at_open >= 0 ? p->results[g->at_open] : NULL);
    struct jobs missing;
    struct job *j;
    jobs_init(&missing);
    while ((j = jobs_pop(&g->settles))) {
        if (id_set_has(&final, j->req->id) || id_set_has(&open, j->req->id)) {
            count_settled(l, j);
            ledger_release(l, j);
        } else {
            jobs_add(&missing, j);
        }
    }
    id_set_fini(&final);
    id_set_fini(&open);
    if (missing.head)
        look_up(l, &missing, g->conn);
}

static void
marks_done(struct ledger *l, struct group *g, struct pipe *p)
{
    struct id_set marked =
        id_set_of(g->at_mark >= 0 ? p->results[g->at_mark] : NULL);
    struct jobs missing;
    struct job *j;
    jobs_init(&missing);
    while ((j = jobs_pop(&g->marks))) {
        if (id_set_has(&marked, j->req->id))
            answer(l, j, JOB_READY);
        else
            jobs_add(&missing, j);
    }
    id_set_fini(&marked);
    if (missing.head)
        look_up(l, &missing, g->conn);
}

void
group_done(struct ledger *l, struct group *g, struct pipe *p)
{
    struct job *j;
    int rows = g->settles.count + g->marks.count + g->intents.count;
    if (rows > 0) {
        metrics_add(M_GROUPS, 1);
        metrics_add(M_GROUP_ROWS, rows);
    }
    settles_done(l, g, p);
    if (l->conn)
        marks_done(l, g, p);
    else /* lost during a look: the same again */
        while ((j = jobs_pop(&g->marks)))
            jobs_add(&l->marks, j);
    for (int i = g->at_intent; (j = jobs_pop(&g->intents)); i++)
        answer(l, j, row_bool(p->results[i], 0, "ours") ? JOB_READY : JOB_LOST);
}

/* A watch never ends by a failure: it looks again a little later. */
static void
put_off_watch(struct job *j, const char *text)
{
    struct outcome o;
    outcome_init(&o);
    outcome_set(&o, V_WAIT, R_INTERNAL, "the database refused the result: %s",
                text);
    o.delay = WATCH_AGAIN;
    update_fini(&j->update);
    step(j->req, &o, request_now(j->req, now_mono()), 0, &j->update);
    outcome_fini(&o);
}

/* A job that failed all by itself: it ends as failed with the SQLSTATE; when
 * even that is refused, its row is left to the processing timeout. */
static void
refuse(struct ledger *l, struct job *j, const char *sqlstate, const char *text)
{
    metrics_add(M_REFUSED_ROWS, 1);
    log_event(LOG_ERROR, "request.refused", "request=%s sqlstate=%s text=%s",
              j->req->request_id, sqlstate, log_quote(text));
    if (j->ask != JOB_SETTLE) {
        /* The runner waits for it: it comes back as a settle. */
        step_back(j->req, &j->update);
        step_refused(&j->update, sqlstate, text);
        answer(l, j, JOB_REFUSED);
        return;
    }
    if (++j->refused > REFUSALS_MAX) {
        ledger_release(l, j);
        return;
    }
    if (strcmp(j->req->kind, "watch") == 0)
        put_off_watch(j, text);
    else
        step_refused(&j->update, sqlstate, text);
    jobs_add(&l->settles, j);
}

/* Puts what was taken back in front of the list. */
static void
put_back(struct jobs *from, struct jobs *to, bool alone)
{
    if (!from->head)
        return;
    for (struct job *j = from->head; j; j = j->next)
        j->alone = alone;
    *from->tail = to->head;
    if (!to->head)
        to->tail = from->tail;
    to->head = from->head;
    to->count += from->count;
    jobs_init(from);
}

/* Whose trouble a SQLSTATE is. */
enum trouble {
    TROUBLE_AGAIN,  /* deadlock, serialization: the same again at once */
    TROUBLE_SERVER, /* nobody's here (read-only, no rights, no space, a plan
                       that is not valid any more): the same again, later */
    TROUBLE_LOCKED, /* a row that somebody has locked */
    TROUBLE_LATE,   /* it took too long */
    TROUBLE_UNSURE, /* perhaps a row's (a broken page) */
    TROUBLE_ROW,    /* a row's: a CHECK, a value, a trigger */
};

static enum trouble
trouble_of(const char *sqlstate)
{
    static const struct {
        enum trouble whose;
        const char *classes; /* or whole codes, each with a blank behind */
    } known[] = {
        {TROUBLE_LOCKED, "55P03 "},
        {TROUBLE_LATE, "57014 "},
        {TROUBLE_AGAIN, "40 "},
        {TROUBLE_SERVER, "08 0A 0B 0L 0P 24 25 26 28 2B 2D 34 3B 3D 3F 42 "
                         "53 57 72 F0 HV "},
        {TROUBLE_UNSURE, "55 58 XX "},
    };
    if (!sqlstate[0]) /* the connection is lost */
        return TROUBLE_AGAIN;
    char code[8], class[8];
    (void)snprintf(code, sizeof code, "%s ", sqlstate);
    (void)snprintf(class, sizeof class, "%.2s ", sqlstate);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strstr(known[i].classes, code) || strstr(known[i].classes, class))
            return known[i].whose;
    return TROUBLE_ROW;
}

/* Nothing is written for a while, longer each time. */
static void
hold_back(struct ledger *l, const char *sqlstate, const char *text)
{
    l->write_wait = l->write_wait == 0               ? WRITE_WAIT_MIN
                    : l->write_wait < WRITE_WAIT_MAX ? l->write_wait * 2
                                                     : WRITE_WAIT_MAX;
    l->write_at = usec_add(now_mono(), l->write_wait);
    /* Prepared statements, or the server's part, have changed. */
    if (strncmp(sqlstate, "0A", 2) == 0 || strncmp(sqlstate, "25", 2) == 0 ||
        strncmp(sqlstate, "26", 2) == 0)
        ledger_disconnect(l, text);
}

/* One job that failed by itself. */
static void
alone_failed(struct ledger *l, struct job *j, enum trouble whose,
             const char *sqlstate, const char *text)
{
    bool later = whose == TROUBLE_LOCKED || whose == TROUBLE_LATE ||
                 (whose == TROUBLE_UNSURE && ++j->unsure < UNSURE_MAX);
    if (later)
        later_add(l, j);
    else
        refuse(l, j, sqlstate, text);
}

void
group_failed(struct ledger *l, struct group *g, const char *sqlstate,
             const char *text)
{
    /* What is nobody's fault: the same again. Rows that somebody has locked:
     * apart. Else row by row, so that one bad row never holds up its
     * neighbours. */
    enum trouble whose = trouble_of(sqlstate);
    bool same = whose == TROUBLE_AGAIN || whose == TROUBLE_SERVER;
    struct jobs *mine[] = {&g->settles, &g->marks, &g->intents};
    struct jobs *lists[] = {&l->settles, &l->marks, &l->intents};
    struct jobs all;
    struct job *j;
    jobs_init(&all);
    for (int i = 0; i < 3; i++) {
        if (whose == TROUBLE_LOCKED && !g->alone)
            while ((j = jobs_pop(mine[i])))
                jobs_add(&all, j);
        if (!g->alone || same)
            put_back(mine[i], lists[i], g->alone || !same);
        while ((j = jobs_pop(mine[i])))
            alone_failed(l, j, whose, sqlstate, text);
    }
    if (all.head)
        later_sort(l, &all, g->conn);
    if (whose == TROUBLE_SERVER)
        hold_back(l, sqlstate, text);
}
