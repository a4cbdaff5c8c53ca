/* scenario.c - golden traces: a file tells what happens, and below a line
 * "---" what must follow from it, word for word. Every way takes 1 ms and
 * nothing is left to chance.
 *
 *   daemons N [slots N] [ahead N]
 *   request KIND [call D] [fails N] [waits N] [timeout D] [poison] [hopeless]
 *   at D kill|stop|lose-lock|lose-answer DAEMON
 *   at D stall|split DAEMON D
 *   at D restart-database D
 *   at D cancel|retry REQUEST */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

struct step_of {
    char what[40];
    int number;
    usec_t span;
};

static void
happen(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    const struct step_of *s = arg;
    struct daemon *d = &w->daemons[s->number > 0 ? s->number - 1 : 0];
    (void)n;
    if (strcmp(s->what, "kill") == 0) {
        daemon_die(w, d, "is killed");
    } else if (strcmp(s->what, "stop") == 0) {
        daemon_stop(w, d);
    } else if (strcmp(s->what, "stall") == 0) {
        daemon_stall(w, d, s->span);
    } else if (strcmp(s->what, "split") == 0) {
        daemon_split(w, d, s->span);
    } else if (strcmp(s->what, "lose-lock") == 0) {
        touch(w, d);
        conn_cut(w, d, CONN_LOCK);
    } else if (strcmp(s->what, "lose-answer") == 0) {
        w->sessions[d->conn[CONN_LEDGER].session - 1].lose_answer = true;
    } else if (strcmp(s->what, "restart-database") == 0) {
        server_restart(w, s->span);
    } else if (strcmp(s->what, "cancel") == 0) {
        client_cancel(w, none, &w->db.rows[s->number - 1], 0);
    } else {
        client_retry(w, none, &w->db.rows[s->number - 1], 0);
    }
}

static char *
word(char **line)
{
    char *w;
    while ((w = strsep(line, " \n")) && *w == '\0')
        continue;
    return w;
}

static usec_t
span_of(const char *text)
{
    struct err err;
    usec_t d = 0;
    if (!text || dur_parse(text, &d, &err) < 0) {
        (void)fprintf(stderr, "sim: bad time: %s\n", text ? text : "");
        exit(2);
    }
    return d;
}

static int
number_of(const char *text)
{
    return text ? (int)strtol(text, NULL, 10) : 0;
}

static void
read_daemons(struct world *w, char *line)
{
    int slots = 1, ahead = 0;
    char *what;
    w->daemon_count = number_of(word(&line));
    while ((what = word(&line))) {
        int n = number_of(word(&line));
        if (strcmp(what, "slots") == 0)
            slots = n;
        else
            ahead = n;
    }
    for (int i = 0; i < w->daemon_count; i++) {
        w->daemons[i].number = i;
        w->daemons[i].slots = slots;
        w->daemons[i].prefetch = ahead;
        w->daemons[i].wall_off = 3600 * S;
    }
}

static void
read_request(struct world *w, char *line, int n)
{
    struct script *c = &w->scripts[n];
    usec_t timeout = 0;
    char *what = word(&line);
    c->kind = strcmp(what, "provision") == 0 ? "provision" : "noop";
    c->call = 100 * MS;
    c->wait = S;
    c->policy = (struct policy){.max_retries = POLICY_UNSET,
                                .backoff = S,
                                .backoff_factor = 2,
                                .max_backoff = 60 * S};
    while ((what = word(&line))) {
        if (strcmp(what, "poison") == 0)
            c->poison = true;
        else if (strcmp(what, "hopeless") == 0)
            c->hopeless = true;
        else if (strcmp(what, "call") == 0)
            c->call = span_of(word(&line));
        else if (strcmp(what, "timeout") == 0)
            timeout = span_of(word(&line));
        else if (strcmp(what, "fails") == 0)
            c->fails = number_of(word(&line));
        else if (strcmp(what, "waits") == 0)
            c->waits = number_of(word(&line));
    }
    submit(w, timeout);
}

static void
read_step(struct world *w, char *line)
{
    struct step_of *s = world_new(w, sizeof(*s));
    usec_t when = span_of(word(&line));
    char *what = word(&line);
    (void)snprintf(s->what, sizeof(s->what), "%s", what ? what : "");
    if (strcmp(s->what, "restart-database") != 0)
        s->number = number_of(word(&line));
    char *span = word(&line);
    if (span)
        s->span = span_of(span);
    at(w, when, happen, NULL, s, 0);
    if (when + s->span + S > w->busy_until)
        w->busy_until = when + s->span + S;
}

int
scenario_run(const char *path, enum rule rule, FILE *out, char *why,
             size_t size)
{
    struct world *w = mem_zero(1, sizeof(*w));
    FILE *file = fopen(path, "r");
    char text[300];
    int requests = 0;
    if (!file) {
        (void)fprintf(stderr, "sim: cannot read %s\n", path);
        exit(2);
    }
    world_open(w, 1);
    w->exact = true;
    w->trace = out;
    w->broken = rule;
    while (fgets(text, sizeof(text), file) && strncmp(text, "---", 3) != 0) {
        char *line = text, *what = word(&line);
        if (!what || *what == '#')
            continue;
        if (strcmp(what, "daemons") == 0)
            read_daemons(w, line);
        else if (strcmp(what, "request") == 0)
            read_request(w, line, requests++);
        else if (strcmp(what, "at") == 0)
            read_step(w, line);
    }
    (void)fclose(file);
    w->mode = MODE_MIXED;
    w->calm_at = w->busy_until;
    bool good = world_run(w);
    (void)snprintf(why, size, "%s", w->violation);
    world_close(w);
    free(w);
    return good ? 0 : -1;
}
