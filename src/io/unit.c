/* unit.c - see unit.h. */
#include "io/unit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/mem.h"
#include "io/boot.h"
#include "io/group.h"
#include "io/reaper.h"
#include "sys/clock.h"

/* The clock of the host may be set: boot time is not kept for long. */
#define BOOTED_AGE (10 * USEC_S)

void
unit_place_init(struct unit_place *p, const char *deployment, const char *host)
{
    struct buf scope = BUF_INIT(64 * 1024);

    buf_printf(&scope, "%s/%s", deployment, host);
    *p = (struct unit_place){0};
    p->deployment = mem_dup(deployment);
    p->host = mem_dup(host);
    p->scope = mem_dup(buf_str(&scope));
    buf_fini(&scope);
}

void
unit_place_fini(struct unit_place *p)
{
    free(p->deployment);
    free(p->host);
    free(p->scope);
    *p = (struct unit_place){0};
}

/* fmt and the words of error into text; one that is cut ends in '+'. */
static void __attribute__((format(printf, 3, 0)))
say(struct unit *u, int error, const char *fmt, va_list args)
{
    struct buf b = BUF_INIT(64 * 1024);
    const char *words = strerrordesc_np(error);
    char what[256];

    (void)vsnprintf(what, sizeof(what), fmt, args);
    if (words != NULL)
        buf_printf(&b, "%s: %s", what, words);
    else
        buf_printf(&b, "%s: errno %d", what, error);
    if (snprintf(u->text, sizeof(u->text), "%s", buf_str(&b)) >=
        (int)sizeof(u->text))
        u->text[sizeof(u->text) - 2] = '+';
    buf_fini(&b);
}

void
unit_fail(struct unit *u, int error, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(u, error, fmt, args);
    va_end(args);
    u->state = UNIT_ERROR;
    u->code = error;
}

static void __attribute__((format(printf, 3, 4)))
unit_unknown(struct unit *u, int error, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say(u, error, fmt, args);
    va_end(args);
    u->state = UNIT_UNKNOWN;
}

void
unit_alive(struct unit_place *p, struct unit *u, pid_t pid, uint64_t start_time)
{
    usec_t now = now_mono();

    if (p->booted == 0 || now - p->booted_read > BOOTED_AGE) {
        p->booted = boot_time();
        p->booted_read = now;
    }
    u->pid = pid;
    u->start_time = start_time;
    u->started_at = boot_real(p->booted, start_time);
    u->state = UNIT_ALIVE;
}

/* Its leader has ended, and was not our child, or none that we remember. */
static int
look_at_group(const struct unit_place *p, const struct unit *u)
{
    const struct unit_group g = {.scope = p->scope,
                                 .unit = u->instance_id,
                                 .pid = u->pid,
                                 .start_time = u->start_time};

    return group_look(&g);
}

void
unit_look(struct unit_place *p, struct unit *u, const struct proc_scan *scan)
{
    const struct proc_unit *found;
    uint64_t start_time = u->start_time;
    int rc;

    u->text[0] = '\0';
    u->code = 0;
    if (reaper_look(p->scope, u))
        return;
    if (u->pid > 0) {
        rc = procfs_check(p->deployment, p->host, u->instance_id, u->pid,
                          &start_time);
        if (rc == 0)
            rc = look_at_group(p, u);
        if (rc > 0)
            unit_alive(p, u, u->pid, start_time);
        else if (rc == 0)
            u->state = UNIT_GONE;
        else
            unit_unknown(u, errno, "unit %s: cannot look at process %d",
                         u->instance_id, u->pid);
        return;
    }
    found = scan != NULL ? procfs_scan_find(scan, u->instance_id) : NULL;
    if (found != NULL)
        unit_alive(p, u, found->pid, found->start_time);
    else
        u->state = UNIT_GONE;
}
