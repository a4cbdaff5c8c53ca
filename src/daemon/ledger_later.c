/* ledger_later.c - rows that are to be written and that somebody else has
 * locked (a cancel in a transaction that stays open). They wait apart and are
 * looked at once a second, so that they hold up neither the rest of their
 * group nor claims. */
#include "daemon/ledger_int.h"
#include "db/bind.h"
#include "db/rows.h"
#include "sys/clock.h"

static const usec_t LOOK_EVERY = USEC_S;

void
later_add(struct ledger *l, struct job *j)
{
    if (!l->later.head)
        l->later_at = usec_add(now_mono(), LOOK_EVERY);
    j->alone = false;
    jobs_add(&l->later, j);
}

static void
back_to_list(struct ledger *l, struct job *j, bool alone)
{
    struct jobs *list = j->ask == JOB_MARK     ? &l->marks
                        : j->ask == JOB_INTENT ? &l->intents
                                               : &l->settles;
    j->alone = alone;
    jobs_add(list, j);
}

void
later_sort(struct ledger *l, struct jobs *jobs, PGconn *conn)
{
    struct bind ids;
    struct err err;
    char sqlstate[6];
    struct job *j;
    bind_init(&ids);
    for (j = jobs->head; j; j = j->next)
        bind_int(&ids, j->req->id);
    const char *params[] = {bind_done(&ids)};
    PGresult *res =
        pipe_one(conn, STMT_LOCKED, params,
                 usec_add(ledger_limit(l), 2 * USEC_S), sqlstate, &err);
    if (!res) {
        ledger_error(l, "locked", sqlstate, err.text);
        if (!sqlstate[0])
            ledger_disconnect(l, err.text);
    }
    /* None of them: it was another lock; find out row by row. */
    struct id_set held = id_set_of(res);
    while ((j = jobs_pop(jobs))) {
        if (id_set_has(&held, j->req->id))
            later_add(l, j);
        else
            back_to_list(l, j, held.n == 0);
    }
    id_set_fini(&held);
    PQclear(res);
    bind_fini(&ids);
}

void
later_look(struct ledger *l)
{
    struct jobs again;
    struct job *j;
    if (!l->later.head || now_mono() < l->later_at)
        return;
    jobs_init(&again);
    while ((j = jobs_pop(&l->later)))
        jobs_add(&again, j);
    later_sort(l, &again, l->conn);
}
