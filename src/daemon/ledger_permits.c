/* ledger_permits.c - asks the database for permits and starts of limited
 * keys (permits.h): soon where work of a key waits for them, and once more to
 * give back what is not used. */
#include "daemon/ledger_int.h"
#include "db/bind.h"
#include "db/rows.h"
#include "sys/clock.h"

static const usec_t ASK_EVERY = 100 * USEC_MS;
/* While slots are full, what is not used goes back more slowly. */
static const usec_t RETURN_EVERY = USEC_S;
/* A busy daemon is not told of new work: keys that were dry are tried again. */
static const usec_t WAKE_EVERY = 250 * USEC_MS;

enum { ARGS = 8 }; /* arrays of take_permits, beside the epoch */

void
ledger_expect_work(struct ledger *l)
{
    l->gate_tried = l->gate;
    l->more = true;
    permits_wake(&l->permits);
    l->permits_at = 0;
}

usec_t
permits_due(const struct ledger *l)
{
    int most = claim_want(l);
    usec_t due = USEC_MAX;
    if (l->epoch == 0 || l->permits.count == 0)
        return USEC_MAX;
    if (!l->idle && most > 0)
        due = l->permits_wake_at;
    usec_t at = most > 0 ? l->permits_at
                         : usec_add(l->permits_at, RETURN_EVERY - ASK_EVERY);
    for (int i = 0; i < l->permits.count && at < due; i++)
        if (permit_is_asked(&l->permits.list[i], most))
            due = at;
    return due;
}

static void
bind_keys(const struct ledger *l, int most, struct bind *a)
{
    for (int i = 0; i < l->permits.count; i++) {
        const struct permit *k = &l->permits.list[i];
        if (!permit_is_asked(k, most))
            continue;
        bind_int(&a[0], k->key);
        bind_int(&a[1], k->counted);
        bind_int(&a[2], k->used);
        bind_int(&a[3], k->dry ? 0 : most);
        bind_int(&a[4], k->starts);
    }
}

/* Where work of the keys would be claimed: without a slot for it the permits
 * are of use to others. */
static void
bind_scans(const struct ledger *l, struct bind *a)
{
    bool common = claim_common_room(l) > 0;
    for (int i = 0; i < l->walks.count; i++) {
        const struct walk *w = &l->walks.list[i];
        const struct permit *k = permits_find(&l->permits, w->row.key);
        if (!common && w->row.priority > 0)
            continue;
        for (int role = LANE_MAIN; k && !k->dry && role <= LANE_SUSPECT;
             role++) {
            bind_int(&a[5], k->key);
            bind_int(&a[6], lane_with_role(w->row.lane, (enum lane_role)role));
            if (role == LANE_SUSPECT || w->bound[role] == USEC_MIN)
                bind_null(&a[7]);
            else
                bind_int(&a[7], w->bound[role]);
        }
    }
}

int
permits_add(struct ledger *l, struct pipe *p)
{
    struct bind a[ARGS];
    const char *params[ARGS + 1];
    char epoch[24];
    int most = claim_want(l);
    usec_t now = now_mono();
    if (!l->idle && most > 0 && now >= l->permits_wake_at) {
        permits_wake(&l->permits);
        l->permits_wake_at = usec_add(now, WAKE_EVERY);
    }
    l->permits_at = usec_add(now, ASK_EVERY);
    l->permits_looked = most > 0;
    (void)snprintf(epoch, sizeof epoch, "%d", l->epoch);
    params[0] = epoch;
    for (int i = 0; i < ARGS; i++)
        bind_init(&a[i]);
    bind_keys(l, most, a);
    if (most > 0)
        bind_scans(l, a);
    for (int i = 0; i < ARGS; i++)
        params[i + 1] = bind_done(&a[i]);
    int at = pipe_add(p, STMT_TAKE_PERMITS, params);
    for (int i = 0; i < ARGS; i++)
        bind_fini(&a[i]);
    return at;
}

void
permits_read(struct ledger *l, const PGresult *res)
{
    for (int i = 0; i < PQntuples(res); i++) {
        int32_t key = (int32_t)row_int(res, i, "key");
        int held = row_text(res, i, "held") ? (int)row_int(res, i, "held") : -1;
        const struct permit *k = permits_find(&l->permits, key);
        if (!k)
            continue;
        permits_take(&l->permits, key, held, (int)row_int(res, i, "starts"),
                     l->permits_looked ? row_bool(res, i, "work") : !k->dry);
        l->more |= !k->dry && permit_room(k, 1) > 0;
    }
}

void
ledger_recount(struct ledger *l)
{
    for (int i = 0; i < l->permits.count; i++)
        l->permits.list[i].used = 0;
    for (struct job *j = l->hand; j; j = j->hand_next) {
        const struct walk *w = walks_find(&l->walks, j->req->lane);
        if (w) {
            j->key = w->row.key;
            j->share = w->row.share;
        }
        walks_hand(&l->walks, j->share, 1);
        struct permit *k = permits_find(&l->permits, j->key);
        if (k)
            k->used++;
    }
}
