/* cmd_follow.c - wait and watch.
 *
 * wait registers a channel of its own, which settle notifies once; a notice
 * is a hint, so it looks every 2 s anyway, and more often at first where a
 * pooler is between (LISTEN would reach somebody else's). watch must see
 * every change and looks several times a second. Both go on after trouble
 * with the database until their own time is over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/table.h"
#include "core/mem.h"
#include "sys/clock.h"

#define WAIT_LIMIT (USEC_S * 600)
#define LOOK_EVERY (USEC_S * 2) /* a notice may be missed */
#define GAP_LEAST (USEC_MS * 50)
#define GAP_MOST (USEC_S * 2) /* where they do not */
#define WATCH_EVERY (USEC_MS * 250)
#define CHANNEL_SIZE 40
#define LINE_CAP ((size_t)1 << 16)

struct follow {
    struct cli *c;
    const char *id;
    char channel[CHANNEL_SIZE]; /* "hostq_w" and the rest of cli_listen */
    bool listening;             /* on this connection */
    bool direct;                /* no pooler between */
    usec_t limit, until;
    usec_t gap; /* next pause where we do not listen */
};

static void
start(struct follow *f, struct cli *c, const char *id, usec_t limit)
{
    uint64_t rnd = 0;

    memset(f, 0, sizeof(*f));
    f->c = c;
    f->id = id;
    f->limit = limit;
    f->until = usec_add(now_mono(), limit);
    f->gap = GAP_LEAST;
    if (getrandom(&rnd, sizeof(rnd), 0) != (ssize_t)sizeof(rnd))
        rnd = (uint64_t)now_mono();
    (void)snprintf(f->channel, sizeof(f->channel), "hostq_w%d_%016llx",
                   (int)getpid(), (unsigned long long)rnd);
    c->until = f->until;
}

static void
nap(usec_t span)
{
    struct timespec t = {.tv_sec = span / USEC_S,
                         .tv_nsec = span % USEC_S * 1000};

    if (span > 0)
        (void)nanosleep(&t, NULL);
}

static usec_t
left(const struct follow *f)
{
    usec_t span = usec_sub(f->until, now_mono());
    return span > 0 ? span : 0;
}

static usec_t
least(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

/* Trouble with the database after it had answered once: pause, go on. */
static void
pause_for(struct follow *f)
{
    f->listening = false;
    cli_disconnect(f->c);
    nap(least(f->gap, left(f)));
    f->gap = least(f->gap * 2, GAP_MOST);
}

static int
listen_to(struct follow *f, struct err *err)
{
    const char *text = stmt_text(STMT_CLI_LISTEN);
    CLEANUP_BUF struct buf sql = BUF_INIT(1024);

    buf_put(&sql, text, strcspn(text, "\n"));
    buf_puts(&sql, f->channel + strlen("hostq_w"));
    CLEANUP_RESULT PGresult *res =
        conn_exec(f->c->conn, buf_str(&sql), 0, NULL,
                  least(left(f) + USEC_S, USEC_S * 5), err);
    return res != NULL ? 0 : -1;
}

/* Waits until there may be news. */
static void
rest(struct follow *f)
{
    struct err err;

    if (!f->listening) {
        nap(least(f->gap, left(f)));
        f->gap = least(f->gap * 2, GAP_MOST);
        return;
    }
    usec_t until = usec_add(now_mono(), least(LOOK_EVERY, left(f)));
    if (conn_notified(f->c->conn, until, &err) < 0)
        pause_for(f);
}

/* One look, registering where the request is open. 1: it has ended. */
static int
look(struct follow *f, struct answer *a, struct err *err)
{
    const char *params[] = {f->id, f->channel};
    int64_t pid;

    if (cli_ask(f->c, STMT_CLI_WAIT_BEGIN, 2, params, a, err) != 0)
        return -1;
    f->direct =
        parse_i64(PQgetvalue(a->res, 0, 1), 0, INT32_MAX, &pid, NULL) == 0 &&
        pid == PQbackendPID(f->c->conn);
    return json_is_true(json_object_get(a->json, "final")) ? 1 : 0;
}

static int
not_in_time(const struct follow *f, struct err *err)
{
    return err_set(err, E_TIMEOUT,
                   "Request %s did not complete within %.10g seconds", f->id,
                   (double)f->limit / 1e6);
}

/* 0: a holds the last look. */
static int
until_final(struct follow *f, struct answer *a, struct err *err)
{
    bool answered = false;

    for (;;) {
        int r = look(f, a, err);
        if (r > 0)
            return 0;
        if (r < 0 && (err->code != E_DATABASE || !answered || left(f) == 0))
            return -1;
        if (r < 0) {
            pause_for(f);
            continue;
        }
        answered = true;
        if (left(f) == 0)
            return not_in_time(f, err);
        /* Look again after LISTEN: it may have ended in between. */
        if (f->direct && !f->listening && listen_to(f, err) == 0) {
            f->listening = true;
            continue;
        }
        rest(f);
    }
}

static int
status_of(const char *state)
{
    return state != NULL && strcmp(state, "completed") == 0 ? 0 : E_FAILED;
}

static void
say_end(struct follow *f, const struct answer *a)
{
    CLEANUP_ANSWER struct answer r = ANSWER_INIT;
    const char *state = json_str(a->json, "state");
    struct err err;

    if (cli_has(f->c, OPT_JSON)) {
        cli_print(a->text);
        return;
    }
    (void)printf("%s %s\n", f->id, state);
    if (status_of(state) == 0 ||
        cli_ask(f->c, STMT_CLI_RESULT, 1, &f->id, &r, &err) != 0)
        return;
    const char *why = json_str(r.json, "errorMessage");
    if (why != NULL)
        (void)fprintf(stderr, "hostq: request %s ended as %s: %s\n", f->id,
                      state, why);
}

int
follow_wait(struct cli *c, const char *request_id, usec_t limit)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct follow f;
    struct err err, ignored;

    start(&f, c, request_id, limit);
    int r = until_final(&f, &a, &err);
    c->until = 0;
    if (r != 0) {
        if (c->conn != NULL && err.code == E_TIMEOUT) {
            const char *channel = f.channel;
            PQclear(cli_exec(c, STMT_CLI_WAIT_END, 1, &channel, &ignored));
        }
        return err.code == E_TIMEOUT ? cli_fail(c, &err)
                                     : cli_refused(c, &a, &err);
    }
    say_end(&f, &a);
    return status_of(json_str(a.json, "state"));
}

int
cmd_wait(struct cli *c)
{
    struct err err;
    usec_t limit;

    if (cli_span(c, OPT_TIMEOUT, WAIT_LIMIT, &limit, &err) != 0)
        return cli_fail(c, &err);
    return follow_wait(c, c->args[0], limit);
}

/* What watch shows of a request; equal texts are no change. */
static char *
line_new(const json_t *answer)
{
    const json_t *r = json_object_get(answer, "request");
    const char *state = json_str(r, "state"), *status = json_str(r, "status");
    const char *why = json_str(r, "error_message");
    CLEANUP_BUF struct buf b = BUF_INIT(LINE_CAP);

    buf_printf(&b, "%-10s %-11s attempt %lld", state != NULL ? state : "",
               status != NULL ? status : "",
               (long long)json_int(r, "retry_attempt"));
    if (json_int(r, "machine_count") > 0)
        buf_printf(&b, " machines %zu/%lld",
                   json_array_size(json_object_get(r, "machine_ids")),
                   (long long)json_int(r, "machine_count"));
    CLEANUP_FREE char *text = table_text_new(
        json_object_get(r, why != NULL ? "error_message" : "message"));
    if (*text != '\0')
        buf_printf(&b, " %s", text);
    return mem_dup(buf_str(&b));
}

static void
say_change(const struct cli *c, const struct answer *a, const char *line)
{
    char at[40];

    if (cli_has(c, OPT_JSON)) {
        cli_print(a->text);
    } else {
        dur_print_utc(now_real(), at, sizeof(at));
        (void)printf("%s %s\n", at, line);
    }
    (void)fflush(stdout);
}

/* 1: it has ended, with *status. a holds the last look. */
static int
watch_once(struct follow *f, struct answer *a, char **last, int *status,
           struct err *err)
{
    if (cli_ask(f->c, STMT_CLI_SHOW, 1, &f->id, a, err) != 0)
        return -1;
    const json_t *r = json_object_get(a->json, "request");
    char *line = line_new(a->json);
    if (*last == NULL || strcmp(*last, line) != 0)
        say_change(f->c, a, line);
    free(*last);
    *last = line;
    *status = status_of(json_str(r, "state"));
    const json_t *end = json_object_get(r, "finished_at");
    return json_absent(end) ? 0 : 1;
}

int
cmd_watch(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    CLEANUP_FREE char *last = NULL;
    struct follow f;
    struct err err;
    usec_t limit;
    int status;

    if (cli_span(c, OPT_TIMEOUT, USEC_MAX, &limit, &err) != 0)
        return cli_fail(c, &err);
    start(&f, c, c->args[0], limit);
    for (;;) {
        int r = watch_once(&f, &a, &last, &status, &err);
        if (r > 0)
            return status;
        if (r < 0 && (err.code != E_DATABASE || last == NULL || left(&f) == 0))
            return cli_refused(c, &a, &err);
        if (r == 0 && left(&f) == 0) {
            (void)not_in_time(&f, &err);
            return cli_fail(c, &err);
        }
        if (r < 0) {
            pause_for(&f);
            continue;
        }
        f.gap = GAP_LEAST;
        nap(least(WATCH_EVERY, left(&f)));
    }
}
