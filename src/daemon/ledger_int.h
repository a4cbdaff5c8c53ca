/* ledger_int.h - shared by ledger.c (loop), ledger_beat.c (heartbeat),
 * ledger_turn.c (one transaction), ledger_conn.c (connection and epoch),
 * ledger_claim.c (what comes in), ledger_permits.c (how much of limited
 * keys), ledger_bind.c and ledger_write.c (what goes
 * out and what its result means), ledger_later.c (what waits for a locked row).
 */
#ifndef HOSTQ_DAEMON_LEDGER_INT_H
#define HOSTQ_DAEMON_LEDGER_INT_H

#include <libpq-fe.h>

#include "daemon/due.h"
#include "daemon/ledger.h"
#include "daemon/mailbox.h"
#include "daemon/permits.h"
#include "daemon/runner.h"
#include "daemon/scan.h"
#include "db/pipe.h"

enum { WRITERS_MAX = 4 };

/* A list of jobs with its tail. */
struct jobs {
    struct job *head, **tail;
    int count;
};

/* What is written in one transaction. */
struct group {
    struct jobs settles, marks, intents;
    bool alone;   /* one job after its group failed */
    PGconn *conn; /* where it is written, and asked about afterwards */
    int at_final, at_open, at_mark, at_intent; /* index in the pipe, or -1 */
};

/* One transaction: what it writes, and its claim. */
struct turn {
    struct group group;
    struct pipe pipe;
    int want;      /* rows asked for; 0 = no claim */
    int64_t lease; /* of the claim */
    bool release;  /* the gate is given up */
    int gate_at;   /* index in the pipe, or -1 */
    int claim_at;  /* the same */
    usec_t sent, took;
};

/* A connection of the ledger. */
struct writer {
    PGconn *conn;
    char app[40]; /* its application_name: server pids are used again */
    int backend;  /* server process of the last connection, 0 = none */
    bool busy;    /* the turn is under way */
    struct turn turn;
};

/* Rows of a claim that are not jobs yet. */
struct unread {
    PGresult *rows; /* owned; NULL: none */
    int64_t lease;
    usec_t at; /* monotonic: when they came */
};

struct ledger {
    struct shared *shared;
    struct mailbox in;
    struct runner **runners; /* NULL until registered */
    int runner_count;
    pthread_t thread;
    /* The first one claims, and does all that is said once; its turns are
     * over when ledger_turn() returns. The others settle beside it. */
    struct writer writers[WRITERS_MAX];
    int writer_count;    /* open ones: all or none */
    PGconn *conn;        /* the first one's; NULL: none is open */
    usec_t reconnect_at; /* monotonic; next try */
    usec_t reconnect_wait;
    usec_t unknown_at;    /* monotonic: look again for claims whose answer was
                             lost */
    usec_t unknown_until; /* until then: they may be committed late */
    usec_t write_at; /* monotonic: no write before (trouble of the server) */
    usec_t write_wait;
    struct walks walks;
    struct permits permits;
    usec_t permits_at;      /* monotonic: no asking for permits before */
    usec_t permits_wake_at; /* monotonic: dry keys are tried again */
    bool permits_looked;    /* the asking in hand looks for work */
    struct due due;         /* when rows that we put off are due */
    struct jobs settles, marks, intents, ahead;
    struct jobs later;    /* to be written, but somebody else has the row */
    usec_t later_at;      /* monotonic: when those are looked at again */
    struct unread unread; /* only inside ledger_turn() */
    struct job *hand;     /* all jobs in hand */
    int out;              /* jobs at the runners */
    int suspects;         /* of those in hand, from suspect scans */
    int common;           /* of those in hand, below class high */
    unsigned next_runner;
    int64_t lease_counter;
    int epoch; /* epoch of this connection's claims */
    usec_t heartbeat_at, lanes_at, swap_at, mark_at, poll_at;
    usec_t db_ahead;  /* the database's clock less ours, at the last claim */
    usec_t beat_sent; /* monotonic: the last heartbeat */
    bool told_busy;   /* it said that we hold requests */
    char lanes_seen[300];  /* what it said of the lanes */
    usec_t lease_ok_until; /* monotonic: until then nobody can have us
                              declared dead by lease */
    bool fenced;           /* calls were dropped, lease may be over */
    bool no_claim;         /* the last one timed out: write without it first */
    bool more;             /* a claim may find something */
    bool found;            /* the last claim found something */
    bool idle;             /* the last claim found nothing */
    bool gate;             /* we hold the idle gate */
    bool gate_tried;
    usec_t idle_wait; /* idle without the gate: until the next look */
    bool announced;   /* stopping was told to the database */
    bool aborted;     /* runners were told to abort */
    usec_t grace_until;
    int errors; /* consecutive statement errors */
};

void jobs_init(struct jobs *l);
void jobs_add(struct jobs *l, struct job *j);
struct job *jobs_pop(struct jobs *l);
/* Removes a job from the hand and frees it. */
void ledger_release(struct ledger *l, struct job *j);

/* ledger.c */
void ledger_take_mail(struct ledger *l);
/* Gives back what was claimed ahead of a slot. */
void ledger_give_back_ahead(struct ledger *l);

/* ledger_beat.c */
#define LEDGER_BEAT_EVERY USEC_S
/* Heartbeat and lanes, when they are due; own transaction. */
void ledger_beat(struct ledger *l);

/* ledger_conn.c */
/* Longest statement: a third of the lease at most, because the heartbeat
 * travels on the same connection. */
usec_t ledger_limit(const struct ledger *l);
void ledger_order_all(struct ledger *l, enum order_what what);
/* Closes all writers; what they were writing goes back to the lists. */
void writers_close(struct ledger *l, const char *why);
void ledger_disconnect(struct ledger *l, const char *why);
void ledger_connect(struct ledger *l);
/* The epoch may have been changed by the lock thread. */
void ledger_adopt_epoch(struct ledger *l);
/* Looks now and then, for a while after a reconnect, for claims that the old
 * connection's backend committed late. */
void ledger_look_for_unknown(struct ledger *l);
/* Drops the calls when nobody may believe us alive any longer. */
void ledger_fence(struct ledger *l);
/* Statement trouble on a live connection: too much of it ends the daemon. */
void ledger_error(struct ledger *l, const char *what, const char *sqlstate,
                  const char *text);

/* ledger_turn.c */
#define LEDGER_IDLE_WAIT_MIN (2 * USEC_MS)
/* One transaction: what is to be written, and a claim; nothing where there is
 * nothing to do. Where there is much of both, the other writers settle at the
 * same time, and may go on when this returns. */
void ledger_turn(struct ledger *l);
/* Ends the turns that are answered, or too late. */
void ledger_reap(struct ledger *l);
bool ledger_busy(const struct ledger *l);

/* ledger_claim.c */
/* How many rows there is room for. */
int claim_want(const struct ledger *l);
/* How many of them may be of other classes than high. */
int claim_common_room(const struct ledger *l);
/* Sends the claim of a turn, whose want is set, and notes its lease. */
void claim_add(struct ledger *l, struct turn *t);
/* What its answer says about the next claim. The rows wait in l->unread for
 * claim_read(), which makes them jobs and gives those to the runners, so that
 * the next claim can be on its way before that. */
void claim_note(struct ledger *l, struct turn *t);
void claim_read(struct ledger *l);
int claim_unread(const struct ledger *l);
void claim_hand_over_ahead(struct ledger *l);
/* Tells the sweep thread where work in flight lies, for takeovers. */
void claim_publish_bounds(struct ledger *l);
int lanes_add(struct ledger *l, struct pipe *p);
void lanes_read(struct ledger *l, const PGresult *res);

/* ledger_permits.c */
/* Monotonic: when limited keys are to be asked for; USEC_MAX: not at all. */
usec_t permits_due(const struct ledger *l);
int permits_add(struct ledger *l, struct pipe *p);
void permits_read(struct ledger *l, const PGresult *res);
/* The lanes were read: counts what is in hand anew, by key and by share. */
void ledger_recount(struct ledger *l);
/* There is a reason to believe that a claim finds something. */
void ledger_expect_work(struct ledger *l);

/* ledger_bind.c */
void group_add(struct ledger *l, struct group *g, struct pipe *p);
/* Machines of lost provisions join the clean-up of their request. */
void group_add_late(const struct jobs *jobs, struct pipe *p);

/* ledger_later.c */
/* Puts a job apart until its row is free. */
void later_add(struct ledger *l, struct job *j);
/* Puts those apart whose rows are locked, the others back to their lists. */
void later_sort(struct ledger *l, struct jobs *jobs, PGconn *conn);
/* When it is time: those whose rows are free come back. */
void later_look(struct ledger *l);

/* ledger_write.c */
/* What is to be written next; with leave_plain not what group_take_plain()
 * takes. */
void group_take(struct ledger *l, struct group *g, bool leave_plain);
/* Settles only, of those that need no more than the row itself: they can be
 * written beside another group. */
void group_take_plain(struct ledger *l, struct group *g);
void group_done(struct ledger *l, struct group *g, struct pipe *p);
/* The transaction was rolled back with this SQLSTATE ("" = lost). */
void group_failed(struct ledger *l, struct group *g, const char *sqlstate,
                  const char *text);
#endif
