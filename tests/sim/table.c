/* table.c - the rows of requests, and what the statements of sql/stmt and
 * sql/func do with them. The rules in short:
 *   a claim takes only rows that nobody has, under a lease never used before,
 *   and only for an epoch that is alive;
 *   every later write names id and lease; where the lease has changed it hits
 *   nothing;
 *   a row is either open (queue) or ended (finished), and only a person's
 *   retry leads back. */
#include <string.h>

#include "sim.h"

struct row *
row_of(struct world *w, int64_t id)
{
    return &w->db.rows[id - 1];
}

void
submit(struct world *w, usec_t timeout)
{
    struct row *r = &w->db.rows[w->db.row_count++];
    r->id = w->db.row_count;
    r->open = true;
    r->run_at = server_now(w);
    r->timeout = timeout;
    r->deadline = timeout ? server_now(w) + timeout : 0;
    w->witness[r->id - 1].deadline = r->deadline;
    say(w, NULL, "submit r%d", (int)r->id);
}

static void
let_row_go(struct row *r, enum lane_role role, usec_t run_at)
{
    r->state = S_PENDING;
    r->lease = 0;
    r->owner = 0;
    r->claimed_at = r->started_at = 0;
    r->role = role;
    r->run_at = run_at;
}

/* ---- a turn of a ledger: settles, marks and a claim in one transaction -- */

static bool
is_ours(const struct world *w, const struct row *r, const struct item *it)
{
    return r->open && (r->lease == it->lease || broken(w, RULE_FENCE));
}

bool
turn_must_wait(struct world *w, const struct stmt *s)
{
    for (int i = 0; i < s->item_count; i++) {
        const struct row *r = row_of(w, s->items[i].id);
        if (r->locked && is_ours(w, r, &s->items[i]))
            return true;
    }
    return false;
}

static struct row *
next_to_claim(struct world *w, const struct stmt *s)
{
    struct row *best = NULL;
    for (int i = 0; i < w->db.row_count; i++) {
        struct row *r = &w->db.rows[i];
        bool due = r->open && !r->locked && r->run_at <= server_now(w) &&
                   (r->state == S_PENDING || r->state == S_WAITING);
        if (!broken(w, RULE_SUSPECTS))
            due = due && (r->role == LANE_SUSPECT) == s->suspects;
        if (!due)
            continue;
        if (!best || r->role > best->role ||
            (r->role == best->role && r->run_at < best->run_at))
            best = r;
    }
    return best;
}

/* Locks what will be written. Everything is seen as it is now; it changes at
 * the commit. */
void
turn_begin(struct world *w, struct stmt *s)
{
    const struct life *l = life_of(w, s->epoch);
    s->begun = true;
    for (int i = 0; i < s->item_count; i++) {
        struct item *it = &s->items[i];
        struct row *r = row_of(w, it->id);
        if (!is_ours(w, r, it))
            continue;
        r->locked = s;
        it->mine = true;
        /* Another writer had the row and left its lease as it was. */
        it->missed = one_in(w, s->waited ? 2 : 100);
    }
    if (l->state != D_ALIVE)
        return;
    struct row *r;
    s->picked = world_new(w, (size_t)s->want * sizeof(struct row *));
    s->claimed = world_new(w, (size_t)s->want * sizeof(struct claimed));
    while (s->picked_count < s->want && (r = next_to_claim(w, s))) {
        r->locked = s;
        s->picked[s->picked_count++] = r;
    }
}

void
turn_unlock(struct world *w, struct stmt *s)
{
    for (int i = 0; i < w->db.row_count; i++)
        if (w->db.rows[i].locked == s)
            w->db.rows[i].locked = NULL;
}

static void
write_mark(struct world *w, struct row *r, struct item *it)
{
    if (r->state != S_CLAIMED && r->state != S_PROCESSING)
        return;
    if (r->state == S_CLAIMED) {
        check_move(w, r, "start", S_PROCESSING);
        r->state = S_PROCESSING;
        r->started_at = server_now(w);
    }
    it->hit = true;
}

static void
write_settle(struct world *w, struct row *r, struct item *it)
{
    const struct update *u = &it->u;
    bool retry = strcmp(u->verb, "retry") == 0;
    bool back = strcmp(u->verb, "unclaim") == 0;
    check_move(w, r, u->verb, u->to);
    it->hit = true;
    r->attempt = u->retry_attempt;
    r->note = u->note;
    if (state_is_final(u->to)) {
        r->open = false;
        r->state = u->to;
        r->reason = u->reason;
        r->explained = it->explained;
        r->finished_at = server_now(w);
        return;
    }
    enum lane_role role = retry                             ? LANE_MAIN
                          : back && r->role == LANE_SUSPECT ? LANE_SUSPECT
                                                            : LANE_RESUMED;
    let_row_go(r, role, server_now(w) + u->delay);
    r->state = u->to;
    if (!back)
        r->crashes = 0; /* it came back alive */
}

static void
write_claim(struct world *w, struct stmt *s, struct row *r)
{
    struct claimed *c = &s->claimed[s->claimed_count++];
    check_claim(w, r, s->claim_lease);
    check_move(w, r, "claim", S_CLAIMED);
    r->state = S_CLAIMED;
    r->lease = s->claim_lease;
    r->owner = s->epoch;
    r->claimed_at = server_now(w);
    if (s->claimed_count <= s->want_started) {
        check_move(w, r, "start", S_PROCESSING);
        r->state = S_PROCESSING;
        r->started_at = r->claimed_at;
    }
    *c = (struct claimed){
        .id = r->id,
        .lease = r->lease,
        .role = r->role,
        .started = r->state == S_PROCESSING,
        .attempt = r->attempt,
        .crashes = r->crashes,
        .deadline = r->deadline,
        .now = r->claimed_at,
        .note = r->note,
    };
}

void
turn_commit(struct world *w, struct stmt *s)
{
    for (int i = 0; i < s->item_count; i++) {
        struct item *it = &s->items[i];
        struct row *r = row_of(w, it->id);
        if (!it->mine || it->missed)
            continue;
        check_write(w, r, it->lease);
        if (it->mark)
            write_mark(w, r, it);
        else
            write_settle(w, r, it);
    }
    for (int i = 0; i < s->picked_count; i++)
        write_claim(w, s, s->picked[i]);
    turn_unlock(w, s);
}

void
stmt_lookup(struct world *w, struct stmt *s)
{
    for (int i = 0; i < s->item_count; i++) {
        struct item *it = &s->items[i];
        const struct row *r = row_of(w, it->id);
        it->hit = r->open && r->lease == it->lease;
    }
}

/* Rows that the epoch owns and that its daemon does not know. */
void
stmt_unknown(struct world *w, struct stmt *s)
{
    int64_t ids[REQUESTS];
    int n = 0;
    for (int i = 0; i < w->db.row_count && !broken(w, RULE_UNKNOWN); i++) {
        const struct row *r = &w->db.rows[i];
        bool known = false;
        for (int k = 0; k < s->item_count; k++)
            known |= s->items[k].id == r->id && s->items[k].lease == r->lease;
        if (r->open && r->owner == s->epoch && !known)
            ids[n++] = r->id;
    }
    n = give_back_rows(w, ids, n, s->epoch, BLAME_NONE);
    if (n > 0)
        say(w, s->d, "gives back %d claims whose answer was lost", n);
    stmt_lookup(w, s);
}

/* ---- what ends or frees rows from outside their claim -------------------- */

static void
order_abort(struct world *w, const struct row *r)
{
    if (w->db.abort_count < ITEMS && r->owner)
        w->db.aborts[w->db.abort_count++] =
            (struct abort_order){r->owner, r->id, r->lease};
}

bool
finish(struct world *w, struct row *r, enum state to, const char *verb,
       enum reason reason)
{
    if (!r->open)
        return false;
    order_abort(w, r);
    check_move(w, r, verb, to);
    r->open = false;
    r->state = to;
    r->reason = reason;
    r->explained = true;
    r->finished_at = server_now(w);
    return true;
}

/* A person's retry: the only way out of an end. */
bool
reopen(struct world *w, struct row *r)
{
    if (r->open || !state_edge(r->state, "reopen"))
        return false;
    check_move(w, r, "reopen", S_PENDING);
    let_row_go(r, LANE_MAIN, server_now(w));
    r->open = true;
    r->attempt = r->crashes = 0;
    r->note = NULL;
    r->deadline = r->timeout ? server_now(w) + r->timeout : 0;
    w->witness[r->id - 1].deadline = r->deadline;
    return true;
}

static bool
counts(const struct row *r, enum blame blame)
{
    return r->state == S_PROCESSING &&
           (blame == BLAME_ALL ||
            (blame == BLAME_SUSPECTS && r->crashes >= SUSPECT));
}

/* Rows of a dead owner become pending again, or end after MAX_CRASHES. Rows
 * that somebody has locked are skipped. */
int
give_back_rows(struct world *w, const int64_t *ids, int count, int dead,
               enum blame blame)
{
    struct life *l = life_of(w, dead);
    int n = 0;
    for (int i = 0; i < count; i++) {
        struct row *r = row_of(w, ids[i]);
        if (!r->open || r->owner != dead || r->locked)
            continue;
        bool counted = counts(r, blame) && !broken(w, RULE_CRASHES);
        if (counted && r->crashes + 1 >= MAX_CRASHES) {
            r->crashes++;
            (void)finish(w, r, S_FAILED, "crash", R_TASK_TERMINATED);
            continue;
        }
        r->crashes += counted;
        check_move(w, r, "reclaim", S_PENDING);
        let_row_go(r, r->crashes >= SUSPECT ? LANE_SUSPECT : LANE_RESUMED,
                   server_now(w));
        if (counted && l->blamed_count < REQUESTS)
            l->blamed[l->blamed_count++] = r->id;
        n++;
    }
    return n;
}

void
sweep_deadlines(struct world *w)
{
    for (int i = 0; i < w->db.row_count; i++) {
        struct row *r = &w->db.rows[i];
        usec_t end =
            policy_timeout_at(&w->scripts[r->id - 1].policy, r->deadline);
        if (r->open && !r->locked && r->state != S_PROCESSING && end &&
            end <= server_now(w))
            (void)finish(w, r, S_TIMEOUT, "timeout", R_TIMEOUT);
    }
}

/* The net behind the locks: rows of the dead, and rows held for too long. */
void
sweep_stale(struct world *w)
{
    for (int i = 0; i < w->db.row_count; i++) {
        struct row *r = &w->db.rows[i];
        usec_t now = server_now(w);
        if (!r->open || !r->owner)
            continue;
        const struct life *l = life_of(w, r->owner);
        bool dead = l->state == D_DEAD;
        bool old =
            (r->state == S_CLAIMED && r->claimed_at < now - CLAIM_TIMEOUT) ||
            (r->state == S_PROCESSING &&
             r->started_at < now - PROCESSING_TIMEOUT);
        if (!dead && !old)
            continue;
        if (dead && broken(w, RULE_SWEEP))
            continue;
        if (!dead)
            order_abort(w, r);
        say(w, NULL, "sweep frees r%d", (int)r->id);
        /* What a takeover found holds for the rows that it missed. */
        enum blame blame =
            dead && !broken(w, RULE_LATE_BLAME) ? l->blame : BLAME_NONE;
        (void)give_back_rows(w, &r->id, 1, r->owner, blame);
    }
}
