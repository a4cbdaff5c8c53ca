/* sim.h - the simulation of the queue: one world with a virtual clock, a
 * database in memory that obeys the rules of sql/, and daemons that follow
 * src/daemon. Nothing here runs in parallel and nothing sleeps: everything
 * that happens is an event with a time, and a seed decides the times.
 *
 * Read in this order: world.c (time and chance), table.c and fleet.c (what
 * the statements do), lock.c, ledger.c, runner.c, watch.c (the four threads
 * of a daemon), faults.c (what goes wrong), check.c (what must hold). */
#ifndef HOSTQ_SIM_H
#define HOSTQ_SIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/lane.h"
#include "core/mem.h"
#include "core/step.h"

#define MS USEC_MS
#define S USEC_S

enum {
    DAEMONS = 5,
    REQUESTS = 12,
    EPOCHS = 100,
    ITEMS = REQUESTS * 8,
    MAX_CRASHES = 3,
    SUSPECT = MAX_CRASHES - 1, /* crashes that make a request a suspect */
};

/* Times of the protocol: those of src/daemon, or (lease, nets) shorter than
 * the defaults, so that a run sees them end. */
#define LEASE (5 * S)
#define BEAT_EVERY S
#define FREE_FOR (500 * MS)
#define SETTLED (3 * S)
#define PEERS_EVERY (200 * MS)
#define PEERS_SOON (50 * MS)
#define LOCK_LOOK_EVERY (250 * MS)
#define UNKNOWN_EVERY (3 * S)
#define UNKNOWN_FOR (60 * S)
#define STATEMENT_LIMIT (LEASE / 3 + 2 * S)
#define CONNECT_LIMIT (2 * S)
#define DEADLINES_EVERY S
#define STALE_EVERY (5 * S)
#define CLAIM_TIMEOUT (200 * S) /* nets: the rest must do without them */
#define PROCESSING_TIMEOUT (200 * S)
#define CALM_LIMIT (150 * S) /* from the last fault to the last end */
#define START_OF_TIME ((usec_t)1735689600 * S) /* the server's clock at 0 */

/* A rule that is taken out, to see that the checks notice it. */
enum rule {
    RULE_NONE,
#define RULE(sym, name, text) sym,
#include "rules.def"
#undef RULE
    RULE_COUNT
};

struct world;
struct daemon;
struct job;
struct stmt;

/* What happens at a time. Without a daemon it happens at the server, or in
 * the outside world; with one it waits while that is stopped (SIGSTOP), and
 * is void when that is gone. */
typedef void event_fn(struct world *w, struct daemon *d, void *arg, int64_t n);
struct event {
    usec_t at;
    uint64_t number; /* equal times: in the order of making */
    event_fn *fn;
    struct daemon *d;
    int life;
    void *arg;
    int64_t n;
};

/* ---- the database ------------------------------------------------------ */

struct row {
    int64_t id;
    bool open; /* in queue; else in finished: nowhere else */
    enum state state;
    int64_t lease; /* 0 = null */
    int owner;     /* epoch, 0 = null */
    enum lane_role role;
    usec_t run_at, deadline, timeout, claimed_at, started_at, finished_at;
    int attempt, crashes;
    json_t *note;
    enum reason reason; /* of a final state */
    bool explained;     /* a bad end: it has a code and a message */
    struct stmt *locked;
};

enum daemon_state { D_ALIVE, D_STOPPING, D_DEAD };
enum blame { BLAME_OPEN, BLAME_NONE, BLAME_SUSPECTS, BLAME_ALL };

struct life { /* row of table daemons */
    int epoch;
    const struct daemon *d;
    enum daemon_state state;
    usec_t lease_until;
    enum blame blame;
    int64_t blamed[REQUESTS];
    int blamed_count;
    int lock; /* session that holds the life lock, 0 = free */
    usec_t free_since, free_before; /* the last times it was lost */
    bool touched; /* something other than the database hurt this daemon */
};

struct abort_order {
    int owner;
    int64_t id, lease;
};

struct table {
    struct row rows[REQUESTS];
    int row_count;
    struct life lives[EPOCHS + 1]; /* by epoch; 0 is nobody, and dead */
    int life_count;
    struct abort_order aborts[ITEMS];
    int abort_count;
    bool up;
};

/* ---- connections and statements ---------------------------------------- */

enum role { CONN_LOCK, CONN_LEDGER, CONN_SWEEP, CONN_COUNT };

enum stmt_kind {
    STMT_CONNECT,
    STMT_REGISTER,
    STMT_RELOCK,
    STMT_HEARTBEAT,
    STMT_UNKNOWN,
    STMT_LOOKUP,
    STMT_TURN,
    STMT_ENDS,
    STMT_PEERS,
    STMT_TAKE_OVER,
    STMT_DEADLINES,
    STMT_STALE,
};

/* One row of a group: what the ledger writes, or looks up. */
struct item {
    struct job *job;
    int64_t id, lease;
    bool mark;       /* else settle with: */
    struct update u; /* its note belongs to the world */
    bool explained;
    bool mine;   /* we hold the lock of the row */
    bool missed; /* waited for another writer: hits nothing (5.4) */
    bool hit;
};

struct claimed {
    int64_t id, lease;
    enum lane_role role;
    bool started;
    int attempt, crashes;
    usec_t deadline, now;
    json_t *note;
};

struct peer {
    int epoch;
    bool lock_free, expired, ended;
};

/* A transaction on its way: sent -> begun (rows locked) -> committed ->
 * answered. Any step may be the last one. */
struct stmt {
    enum stmt_kind kind;
    struct daemon *d;
    int life, session;
    enum role role;
    bool done; /* answered, or given up */
    bool begun, waited, failed;
    int epoch;
    struct item *items; /* room for REQUESTS, where it has any */
    int item_count;
    int want, want_started; /* claim: at most, of these at once processing */
    bool suspects;          /* claim: one suspect instead */
    int64_t claim_lease;
    struct row **picked;
    int picked_count;
    struct claimed *claimed;
    int claimed_count;
    int dead;   /* take_over */
    bool whole; /* take_over: second pass */
    int taken;
    bool alive, sweeper, own_held;
    struct abort_order *aborts;
    int abort_count;
    struct peer *peers;
    int peer_count;
    enum daemon_state says;
};

/* ---- a daemon ----------------------------------------------------------- */

/* Where a job is: with the ledger (to write), on its way, or at work. */
enum phase {
    AT_AHEAD,  /* claimed ahead of a slot */
    AT_RUNNER, /* handed over */
    AT_MARK,   /* to be marked */
    AT_CALL,   /* the call is out */
    AT_SETTLE, /* to be settled */
    AT_LOOKUP, /* its write hit nothing: whose is it? */
    AT_GONE,
};

struct job {
    struct job *next;
    struct request req;
    struct update update;
    enum phase phase, again; /* again: after a look whose it is */
    bool explained;          /* the update: a code and a message */
    bool dropped, give_back;
    int rounds, call; /* call: tells the reply of an aborted call apart */
};

struct suspect {
    int epoch;
    usec_t free_since;
    bool seen;
};

struct conn {
    int session; /* 0 = closed */
    bool busy;
    struct stmt *stmt;
    usec_t again_at, wait;
};

struct daemon {
    int number, life;
    bool up, stalled, split;
    usec_t mono, wall_off; /* its clocks: mono starts anywhere, wall is wrong */
    struct conn conn[CONN_COUNT];
    int old_session; /* of the ledger: what end_backend ends */
    int tick[CONN_COUNT];
    /* shared.h */
    int epoch;
    usec_t lock_since;
    bool relock, sweeper;
    /* lock.c */
    int lock_epoch;
    int old_epoch; /* of the life before: not to be used again */
    /* ledger.c */
    int ledger_epoch;
    int64_t lease_counter;
    usec_t lease_ok_until, heartbeat_at, poll_at, unknown_at, unknown_until;
    bool fenced, suspect_turn;
    struct job *hand;
    int slots, prefetch;
    /* watch.c */
    struct suspect suspects[EPOCHS];
    int suspect_count;
    struct peer todo[EPOCHS];
    int todo_count;
    bool todo_whole;
    usec_t peers_at, deadlines_at, stale_at;
    /* stop */
    bool stopping, aborted, told;
    usec_t grace_until, continued_at, split_until;
};

/* ---- the world ----------------------------------------------------------- */

/* What the outside does with a request. */
struct script {
    const char *kind;
    int fails, waits, nexts;
    bool hopeless; /* ends as V_FAIL */
    bool poison;   /* its call kills the daemon */
    usec_t call, wait;
    struct policy policy;
};

/* What the checks know by themselves, apart from the table. */
struct witness {
    int64_t holder;     /* the lease that may write, 0 = none */
    int64_t claims[64]; /* every lease it was claimed under */
    bool started[64];   /* durable as processing under it */
    int claim_count;
    int64_t effects[128]; /* attempt tokens whose effect happened */
    int effect_count;
    int retries; /* settled since the last reopen */
    int kills;   /* of daemons, since then */
    usec_t orphan_since;
    usec_t deadline;
};

enum mode { MODE_MIXED, MODE_RESTART, MODE_POISON, MODE_CLIENTS, MODE_COUNT };

struct world {
    uint64_t seed, rnd;
    enum rule broken;
    bool exact; /* a golden trace: every way takes 1 ms */
    FILE *trace;
    usec_t now;
    struct event *heap;
    int heap_count;
    uint64_t event_count;
    struct table db;
    struct daemon daemons[DAEMONS];
    int daemon_count;
    struct script scripts[REQUESTS];
    struct witness witness[REQUESTS];
    int session_count;
    struct session *sessions;
    enum mode mode;
    usec_t busy_until; /* clients do something until then */
    usec_t calm_at;    /* from here on nothing goes wrong */
    int restarts;      /* of the server, on their way up */
    char violation[200];
    struct chunk *memory; /* freed with the world */
    json_t **notes;
    size_t note_count;
};

struct session {
    bool open, lose_answer;
    struct stmt *running;
};

/* world.c */
void world_open(struct world *w, uint64_t seed);
void world_close(struct world *w);
void *world_new(struct world *w, size_t size);
json_t *world_note(struct world *w, json_t *note); /* takes it */
uint64_t chance(struct world *w, uint64_t below);
bool one_in(struct world *w, int n);
usec_t between(struct world *w, usec_t least, usec_t most);
/* How long a message takes: mostly short, now and then long. */
usec_t way(struct world *w);
void at(struct world *w, usec_t delay, event_fn *fn, struct daemon *d,
        void *arg, int64_t n);
/* One event; false when there is none, or a rule was broken. */
bool world_step(struct world *w);
void say(struct world *w, const struct daemon *d, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void violation(struct world *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *lease_text(int64_t lease, char *text);
usec_t server_now(const struct world *w);
bool broken(const struct world *w, enum rule rule);

/* table.c: rows of requests */
struct row *row_of(struct world *w, int64_t id);
void submit(struct world *w, usec_t timeout);
void turn_begin(struct world *w, struct stmt *s);
void turn_commit(struct world *w, struct stmt *s);
bool turn_must_wait(struct world *w, const struct stmt *s);
void turn_unlock(struct world *w, struct stmt *s);
int give_back_rows(struct world *w, const int64_t *ids, int count, int dead,
                   enum blame blame);
bool finish(struct world *w, struct row *r, enum state to, const char *verb,
            enum reason reason);
bool reopen(struct world *w, struct row *r);
void stmt_lookup(struct world *w, struct stmt *s);
void stmt_unknown(struct world *w, struct stmt *s);
void sweep_deadlines(struct world *w);
void sweep_stale(struct world *w);

/* fleet.c: rows of daemons, locks and sessions */
struct life *life_of(struct world *w, int epoch);
int session_open(struct world *w);
void session_close(struct world *w, int session);
void server_stop(struct world *w);
void stmt_register(struct world *w, struct stmt *s);
void stmt_relock(struct world *w, struct stmt *s);
void stmt_heartbeat(struct world *w, struct stmt *s);
void stmt_ends(struct world *w, struct stmt *s);
void stmt_peers(struct world *w, struct stmt *s);
void stmt_take_over(struct world *w, struct stmt *s);

/* wire.c: a statement's way to the server and back */
struct stmt *stmt_new(struct world *w, struct daemon *d, enum role role,
                      enum stmt_kind kind);
void stmt_send(struct world *w, struct stmt *s);
void conn_connect(struct world *w, struct daemon *d, enum role role);
/* The client closes it; open: the server hears of it at once. */
void conn_drop(struct world *w, struct daemon *d, enum role role);
/* The network closes it: both hear of it, each when it does. */
void conn_cut(struct world *w, struct daemon *d, enum role role);
/* The process is gone. */
void conns_die(struct world *w, struct daemon *d);
/* The server is gone: every client hears of it, sooner or later. */
void conns_lose_server(struct world *w);
void tick_in(struct world *w, struct daemon *d, enum role role, usec_t delay);

/* lock.c, ledger.c, runner.c, watch.c: the threads of a daemon */
void lock_tick(struct world *w, struct daemon *d);
void lock_answer(struct world *w, struct daemon *d, struct stmt *s);
void ledger_tick(struct world *w, struct daemon *d);
void ledger_answer(struct world *w, struct daemon *d, struct stmt *s);
void ledger_kick(struct world *w, struct daemon *d);
void ledger_release(struct daemon *d, struct job *j);
void ledger_drop_all(struct world *w, struct daemon *d);
void runner_take(struct world *w, struct daemon *d, struct job *j);
void runner_marked(struct world *w, struct daemon *d, struct job *j);
void runner_drop(struct world *w, struct daemon *d, struct job *j,
                 bool give_back);
/* Gives it back as it was. */
void runner_back(struct world *w, struct daemon *d, struct job *j);
void runner_fence(struct world *w, struct daemon *d, void *arg, int64_t at);
usec_t mono_now(const struct world *w, const struct daemon *d);
void watch_tick(struct world *w, struct daemon *d);
void watch_answer(struct world *w, struct daemon *d, struct stmt *s);

/* faults.c: what starts, stops and breaks daemons */
void daemon_start(struct world *w, struct daemon *d);
void daemon_die(struct world *w, struct daemon *d, const char *why);
void daemon_stop(struct world *w, struct daemon *d);
void daemon_stall(struct world *w, struct daemon *d, usec_t span);
void daemon_split(struct world *w, struct daemon *d, usec_t span);
void server_restart(struct world *w, usec_t span);
void touch(struct world *w, const struct daemon *d);
void world_random(struct world *w, uint64_t seed, int mode);
/* Until everything has ended; false: a rule was broken. */
bool world_run(struct world *w);
void client_cancel(struct world *w, struct daemon *none, void *row, int64_t n);
void client_retry(struct world *w, struct daemon *none, void *row, int64_t n);

/* scenario.c: golden traces */
int scenario_run(const char *path, enum rule rule, FILE *out,
                 char *violation_text, size_t size);

/* check.c: what must hold */
void check_claim(struct world *w, const struct row *r, int64_t lease);
void check_write(struct world *w, const struct row *r, int64_t lease);
void check_move(struct world *w, struct row *r, const char *verb,
                enum state to);
void check_send(struct world *w, const struct job *j);
void check_kill(struct world *w, const struct daemon *d, const struct job *j);
void check_effect(struct world *w, int64_t id, int64_t token);
void check_lost(struct world *w, const struct job *j);
void check_takeover(struct world *w, const struct life *l);
void check_often(struct world *w);
void check_end(struct world *w);

#endif
