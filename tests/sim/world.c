/* world.c - time, chance and memory of a simulated world. */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

enum { CHUNK = 64000 };

struct chunk {
    struct chunk *next;
    size_t used;
    _Alignas(16) char bytes[CHUNK];
};

void
world_open(struct world *w, uint64_t seed)
{
    memset(w, 0, sizeof(*w));
    w->seed = seed;
    w->rnd = seed * 0x9E3779B97F4A7C15u + 1;
    w->db.up = true;
    w->db.lives[0].state = D_DEAD;
    w->db.lives[0].blame = BLAME_NONE;
}

void
world_close(struct world *w)
{
    struct chunk *c;
    while ((c = w->memory)) {
        w->memory = c->next;
        free(c);
    }
    for (size_t i = 0; i < w->note_count; i++)
        json_decref(w->notes[i]);
    free(w->notes);
    free(w->heap);
    free(w->sessions);
}

void *
world_new(struct world *w, size_t size)
{
    struct chunk *c = w->memory;
    size = (size + 15) & ~(size_t)15;
    if (!c || c->used + size > CHUNK) {
        c = mem_zero(1, sizeof(*c));
        c->next = w->memory;
        w->memory = c;
    }
    c->used += size;
    return c->bytes + c->used - size;
}

json_t *
world_note(struct world *w, json_t *note)
{
    if (!note)
        return NULL;
    w->notes = mem_grow(w->notes, w->note_count, sizeof(json_t *));
    w->notes[w->note_count++] = note;
    return note;
}

/* splitmix64: every seed is as good as any other. */
uint64_t
chance(struct world *w, uint64_t below)
{
    uint64_t z = (w->rnd += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % below;
}

bool
one_in(struct world *w, int n)
{
    return !w->exact && chance(w, (uint64_t)n) == 0;
}

usec_t
between(struct world *w, usec_t least, usec_t most)
{
    if (w->exact || most <= least)
        return least;
    return least + (usec_t)chance(w, (uint64_t)(most - least));
}

usec_t
way(struct world *w)
{
    if (w->exact)
        return MS;
    if (one_in(w, 40))
        return between(w, 10 * MS, 250 * MS);
    return between(w, 100, 4 * MS);
}

static bool
before(const struct event *a, const struct event *b)
{
    return a->at < b->at || (a->at == b->at && a->number < b->number);
}

static void
heap_add(struct world *w, struct event e)
{
    w->heap = mem_grow(w->heap, (size_t)w->heap_count, sizeof(e));
    int i = w->heap_count++;
    for (; i > 0 && before(&e, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
        w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = e;
}

static struct event
heap_take(struct world *w)
{
    struct event first = w->heap[0], last = w->heap[--w->heap_count];
    int i = 0, child;
    while ((child = 2 * i + 1) < w->heap_count) {
        if (child + 1 < w->heap_count &&
            before(&w->heap[child + 1], &w->heap[child]))
            child++;
        if (!before(&w->heap[child], &last))
            break;
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = last;
    return first;
}

void
at(struct world *w, usec_t delay, event_fn *fn, struct daemon *d, void *arg,
   int64_t n)
{
    struct event e = {
        .at = w->now + delay,
        .number = w->event_count++,
        .fn = fn,
        .d = d,
        .life = d ? d->life : 0,
        .arg = arg,
        .n = n,
    };
    heap_add(w, e);
}

static usec_t
after_stall(struct world *w, const struct daemon *d)
{
    return d->continued_at + between(w, MS, 5 * MS);
}

bool
world_step(struct world *w)
{
    if (w->heap_count == 0 || w->violation[0])
        return false;
    struct event e = heap_take(w);
    w->now = e.at;
    if (e.d && e.d->life != e.life)
        return true;
    if (e.d && e.d->stalled) { /* it waits until the daemon goes on */
        e.at = after_stall(w, e.d);
        heap_add(w, e);
        return true;
    }
    e.fn(w, e.d, e.arg, e.n);
    return true;
}

usec_t
server_now(const struct world *w)
{
    return START_OF_TIME + w->now;
}

bool
broken(const struct world *w, enum rule rule)
{
    return w->broken == rule;
}

const char *
lease_text(int64_t lease, char *text)
{
    (void)snprintf(text, 24, "%d:%d", (int)(lease >> 38),
                   (int)(lease & 0x3fffffff));
    return text;
}

void
say(struct world *w, const struct daemon *d, const char *fmt, ...)
{
    va_list ap;
    if (!w->trace)
        return;
    (void)fprintf(w->trace, "%8.3f ", (double)w->now / (double)S);
    if (d)
        (void)fprintf(w->trace, "d%d ", d->number + 1);
    else
        (void)fputs("-- ", w->trace);
    va_start(ap, fmt);
    (void)vfprintf(w->trace, fmt, ap);
    va_end(ap);
    (void)fputc('\n', w->trace);
}

void
violation(struct world *w, const char *fmt, ...)
{
    va_list ap;
    if (w->violation[0])
        return; /* the first one is the cause */
    va_start(ap, fmt);
    (void)vsnprintf(w->violation, sizeof(w->violation), fmt, ap);
    va_end(ap);
    say(w, NULL, "VIOLATION: %s", w->violation);
}
