/* metrics.c - one array of atomic numbers, and for the metrics with labels a
 * short list of series behind a mutex: they are counted once per write or
 * error, not once per step. */
#include "daemon/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

enum type { COUNTER, GAUGE, COUNTER_US, GAUGE_US };

static const struct desc {
    const char *name, *help;
    enum type type;
    const char *label[2];
} descs[M_COUNT] = {
#define X(sym, name, type, help, label1, label2)                               \
    [M_##sym] = {name, help, type, {label1, label2}},
    METRICS(X)
#undef X
};

struct series {
    struct series *next;
    char *value[2]; /* of the labels; [1] NULL where there is one label */
    int64_t n;
};

static struct {
    struct series *first, **tail;
    int count;
} lists[M_COUNT]; /* tail NULL while empty */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static _Atomic int64_t numbers[M_COUNT];

void
metrics_add(enum metric m, int64_t n)
{
    (void)atomic_fetch_add_explicit(&numbers[m], n, memory_order_relaxed);
}

void
metrics_set(enum metric m, int64_t value)
{
    atomic_store_explicit(&numbers[m], value, memory_order_relaxed);
}

int64_t
metrics_get(enum metric m)
{
    return atomic_load_explicit(&numbers[m], memory_order_relaxed);
}

static struct series *
find(enum metric m, const char *value1, const char *value2)
{
    struct series *s = lists[m].first;

    while (s && (strcmp(s->value[0], value1) != 0 ||
                 (value2 && strcmp(s->value[1], value2) != 0)))
        s = s->next;
    return s;
}

/* Under the lock: finds or makes the series. */
static struct series *
series_of(enum metric m, const char *value1, const char *value2)
{
    struct series *s = find(m, value1, value2);

    if (!s && lists[m].count >= METRICS_SERIES_MAX) {
        value1 = "other";
        value2 = value2 ? "other" : NULL;
        s = find(m, value1, value2);
    }
    if (s)
        return s;
    s = mem_zero(1, sizeof(*s));
    s->value[0] = mem_dup(value1);
    s->value[1] = mem_dup(value2);
    if (!lists[m].tail)
        lists[m].tail = &lists[m].first;
    *lists[m].tail = s;
    lists[m].tail = &s->next;
    lists[m].count++;
    return s;
}

void
metrics_add_with(enum metric m, int64_t n, const char *value1,
                 const char *value2)
{
    if (!value1 || !descs[m].label[0] || !value2 != !descs[m].label[1])
        abort();
    (void)pthread_mutex_lock(&lock);
    series_of(m, value1, value2)->n += n;
    (void)pthread_mutex_unlock(&lock);
}

void
metrics_settled(const char *state)
{
    metrics_add_with(M_SETTLED, 1, state, NULL);
}

void
metrics_retry_denied(const char *key, const char *reason)
{
    metrics_add_with(M_RETRY_DENIED, 1, key, reason);
}

void
metrics_db_error(const char *sqlstate)
{
    char class[3] = "";

    (void)strncat(class, sqlstate, 2);
    metrics_add_with(M_DB_ERRORS, 1, class, NULL);
}

void
metrics_turn(usec_t took)
{
    metrics_add(M_TURNS, 1);
    metrics_add(M_TURN_SECONDS, took);
}

static void
put_number(const struct desc *d, int64_t n, struct buf *out)
{
    if (d->type == COUNTER_US || d->type == GAUGE_US)
        buf_printf(out, " %lld.%06lld\n", (long long)(n / USEC_S),
                   (long long)(n % USEC_S));
    else
        buf_printf(out, " %lld\n", (long long)n);
}

/* As a label value: backslash, quote and newline escaped. */
static void
put_label(const char *name, const char *value, struct buf *out)
{
    buf_printf(out, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '\n') {
            buf_puts(out, "\\n");
            continue;
        }
        if (*value == '\\' || *value == '"')
            buf_putc(out, '\\');
        buf_putc(out, *value);
    }
    buf_putc(out, '"');
}

static void
put_series(enum metric m, struct buf *out)
{
    const struct desc *d = &descs[m];

    (void)pthread_mutex_lock(&lock);
    for (const struct series *s = lists[m].first; s; s = s->next) {
        buf_printf(out, "hostq_%s{", d->name);
        put_label(d->label[0], s->value[0], out);
        if (s->value[1]) {
            buf_putc(out, ',');
            put_label(d->label[1], s->value[1], out);
        }
        buf_putc(out, '}');
        put_number(d, s->n, out);
    }
    (void)pthread_mutex_unlock(&lock);
}

static const char *
type_word(const struct desc *d)
{
    return d->type == COUNTER || d->type == COUNTER_US ? "counter" : "gauge";
}

void
metrics_text(struct buf *out)
{
    for (int m = 0; m < M_COUNT; m++) {
        const struct desc *d = &descs[m];
        buf_printf(out, "# HELP hostq_%s %s\n# TYPE hostq_%s %s\n", d->name,
                   d->help, d->name, type_word(d));
        if (d->label[0]) {
            put_series((enum metric)m, out);
        } else {
            buf_printf(out, "hostq_%s", d->name);
            put_number(d, metrics_get((enum metric)m), out);
        }
    }
}

void
metrics_mdoc(struct buf *out)
{
    for (int m = 0; m < M_COUNT; m++) {
        const struct desc *d = &descs[m];
        buf_printf(out, ".It Cm hostq_%s", d->name);
        if (d->label[0])
            buf_printf(out, " Ns Brq %s%s%s", d->label[0],
                       d->label[1] ? ", " : "", d->label[1] ? d->label[1] : "");
        buf_printf(out, "\n%s\n", d->help);
    }
}
