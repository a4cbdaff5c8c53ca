/* rows.h - results of the daemon's statements as structs. */
#ifndef HOSTQ_DB_ROWS_H
#define HOSTQ_DB_ROWS_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/dur.h"
#include "core/policy.h"
#include "core/request.h"

/* One row of lanes.sql. */
struct lane_row {
    int32_t lane; /* main scan */
    int priority; /* 0 high, 1 normal, 2 low */
    bool audit;
    int32_t key;             /* number of its limited key; 0: none */
    bool key_runs, key_rate; /* which limits that has */
    int32_t share; /* number of whose requests these are; 0: nobody's */
    int sharers;   /* how many share its queue */
    bool has_due;
    usec_t due;     /* until its deadlines, when it was read */
    double urgency; /* 0..1: how much that counts beside the share */
    bool ordered;   /* its requests have ordering keys */
    struct policy policy;
    usec_t aging; /* a class that waited longer goes first now and then */
};

struct lane_row lane_row(const PGresult *res, int row);

/* Columns of claim.sql, in their order (looked at when it is prepared). */
#define CLAIM_COLUMNS(X)                                                       \
    X(id)                                                                      \
    X(lane_id)                                                                 \
    X(started)                                                                 \
    X(retry_attempt)                                                           \
    X(crashes)                                                                 \
    X(intent)                                                                  \
    X(note)                                                                    \
    X(run_at_us)                                                               \
    X(deadline_us)                                                             \
    X(now_us)                                                                  \
    X(created_us)                                                              \
    X(request_id)                                                              \
    X(namespace)                                                               \
    X(kind)                                                                    \
    X(provider_api)                                                            \
    X(template_id)                                                             \
    X(template)                                                                \
    X(machine_count)                                                           \
    X(payload)                                                                 \
    X(policy)                                                                  \
    X(context)

/* A row of claim.sql; lane gives policy and audit, mono the time the reply
 * arrived. Never fails: json that does not parse cannot come from jsonb. */
struct request *request_row(const PGresult *res, int row,
                            const struct lane_row *lane, int64_t lease,
                            usec_t mono);
/* The database's clock when it was claimed. */
usec_t request_row_now(const PGresult *res, int row);
usec_t request_row_run_at(const PGresult *res, int row);
int32_t request_row_lane(const PGresult *res, int row);

/* Value of a column by name; abort if there is no such column (shapes were
 * checked when the statement was prepared). NULL text for null. */
const char *row_text(const PGresult *res, int row, const char *column);
int64_t row_int(const PGresult *res, int row, const char *column);
bool row_bool(const PGresult *res, int row, const char *column);

/* Reads an int8[] literal such as {1,2,3} into out (at most max); returns
 * how many. NULL text: 0. */
int row_int_array(const char *text, int64_t *out, int max);

/* The ids (column id) of a result, for look-ups; of NULL: none. */
struct id_set {
    int64_t *v; /* sorted, owned */
    int n;
};
struct id_set id_set_of(const PGresult *res);
bool id_set_has(const struct id_set *s, int64_t id);
void id_set_fini(struct id_set *s);

#endif
