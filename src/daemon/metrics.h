/* metrics.h - what the daemon counts about itself. Any thread may count at
 * any time; the text is what Prometheus reads (text format 0.0.4).
 *
 * Adding one = one line in METRICS and one line in hostqd(8), which a test
 * compares. Counters end in _total. */
#ifndef HOSTQ_DAEMON_METRICS_H
#define HOSTQ_DAEMON_METRICS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/dur.h"

/* Label values that one metric may see; what comes later is counted under
 * "other", so that no caller can fill the memory. */
enum { METRICS_SERIES_MAX = 200 };

/* X(symbol, name after hostq_, type, help, label, label); type says what the
 * number is: COUNTER and GAUGE plain ones, COUNTER_US and GAUGE_US
 * microseconds, shown as seconds. No label: NULL. */
#define METRICS(X)                                                             \
    X(BUILD_INFO, "build_info", GAUGE, "1, with the version of hostqd.",       \
      "version", NULL)                                                         \
    X(UP_SINCE, "start_time_seconds", GAUGE_US,                                \
      "When the daemon started, in seconds since 1970.", NULL, NULL)           \
    X(EPOCH, "epoch", GAUGE,                                                   \
      "Number of this daemon in hostq.daemons; 0: not registered.", NULL,      \
      NULL)                                                                    \
    X(SLOTS, "slots", GAUGE, "Requests that may be worked at the same time.",  \
      NULL, NULL)                                                              \
    X(IN_FLIGHT, "in_flight", GAUGE, "Requests in hand now.", NULL, NULL)      \
    X(CLAIMS, "claims_total", COUNTER, "Claim statements.", NULL, NULL)        \
    X(CLAIMED_ROWS, "claimed_requests_total", COUNTER,                         \
      "Requests that the claims brought.", NULL, NULL)                         \
    X(STARTED, "started_total", COUNTER, "Claims that became processing.",     \
      NULL, NULL)                                                              \
    X(SETTLED, "settled_total", COUNTER,                                       \
      "Rounds written, by the state that the request went to.", "state", NULL) \
    X(RETRIES, "retries_total", COUNTER, "Failed attempts to be repeated.",    \
      NULL, NULL)                                                              \
    X(RETRY_DENIED, "retry_denied_total", COUNTER,                             \
      "Retries refused: max_retries or deadline.", "key", "reason")            \
    X(PUT_OFF, "retries_put_off_total", COUNTER,                               \
      "Retries that this sweeper put off: their queue's retry budget was "     \
      "used up.",                                                              \
      NULL, NULL)                                                              \
    X(LOST_OWNERSHIP, "lost_ownership_total", COUNTER,                         \
      "Writes that hit no row: the claim belonged to another by then.", NULL,  \
      NULL)                                                                    \
    X(HORIZON, "xmin_held_seconds", GAUGE_US,                                  \
      "How long vacuum has been held back, as this sweeper saw it within the " \
      "last minute.",                                                          \
      NULL, NULL)                                                              \
    X(RECLAIMED, "reclaimed_total", COUNTER,                                   \
      "Requests taken back from claims that took too long.", NULL, NULL)       \
    X(TAKEOVERS, "takeovers_total", COUNTER,                                   \
      "Dead daemons whose work was taken over.", NULL, NULL)                   \
    X(DB_ERRORS, "db_errors_total", COUNTER,                                   \
      "Statements that the database refused, by class of SQLSTATE.", "class",  \
      NULL)                                                                    \
    X(RECONNECTS, "reconnects_total", COUNTER,                                 \
      "Connections of the ledger, the first one too.", NULL, NULL)             \
    X(GROUPS, "statement_groups_total", COUNTER,                               \
      "Transactions that wrote something.", NULL, NULL)                        \
    X(GROUP_ROWS, "group_rows_total", COUNTER, "Requests written by them.",    \
      NULL, NULL)                                                              \
    X(REFUSED_ROWS, "refused_rows_total", COUNTER,                             \
      "Requests whose write the database refused for good.", NULL, NULL)       \
    X(TURNS, "ledger_turns_total", COUNTER,                                    \
      "Turns of the ledger that went to the database.", NULL, NULL)            \
    X(TURN_SECONDS, "ledger_turn_seconds_total", COUNTER_US,                   \
      "Time that they took.", NULL, NULL)

enum metric {
#define X(sym, name, type, help, label1, label2) M_##sym,
    METRICS(X)
#undef X
        M_COUNT
};

/* Metrics without labels. */
void metrics_add(enum metric m, int64_t n);
void metrics_set(enum metric m, int64_t value);
int64_t metrics_get(enum metric m);

/* Metrics with one label (value2 NULL) or two. Copies the values. */
void metrics_add_with(enum metric m, int64_t n, const char *value1,
                      const char *value2);

/* The common ones by name. */
void metrics_settled(const char *state);
void metrics_retry_denied(const char *key, const char *reason);
void metrics_db_error(const char *sqlstate); /* its first two characters */
void metrics_turn(usec_t took);

/* Appends the whole page. */
void metrics_text(struct buf *out);
/* Appends the list of hostqd(8) in mdoc. */
void metrics_mdoc(struct buf *out);

#endif
