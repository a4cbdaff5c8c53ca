/* kill.c - see kill.h.
 *
 * No process is signalled by number alone. A pidfd is opened first, then
 * /proc is asked whether that pid is the unit (start time, session, marks);
 * the unit was started before, so if it is there now, it was when the pidfd
 * was opened, and that is the unit's. The signal goes through the pidfd, to
 * the unit's whole process group: a command run by a shell is two processes,
 * and both are the machine. The end of the last member is the unit's end: a
 * leader that ends first, which its pidfd tells, leaves a group that is looked
 * at again and again (group.h).
 *
 * Kernels before 6.9 cannot signal a group through a pidfd, those before 5.3
 * have none, descriptors may run out, and a leader that has ended has none.
 * Then kill(2) is called right after the check. For our own children that is
 * as safe, as their pid is not given away before they are waited for; for
 * others a pid would have to be freed and handed out again between two system
 * calls. */
#include "io/kill.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/mem.h"
#include "io/group.h"
#include "sys/clock.h"

/* From linux/pidfd.h of 6.9. */
#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1UL << 2)
#endif

/* How often units without a pidfd are looked at. */
#define POLL_EVERY (10 * USEC_MS)
#define EVENTS 64

struct kill_slot {
    struct flight *flight;
    int pidfd;  /* in e->epoll, or -1 */
    bool open;  /* signalled, end not seen */
    bool event; /* its pidfd became readable */
};

static int
pidfd_open_raw(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* 0, or -1 with errno; ESRCH = it ended. */
static int
send_signal(int pidfd, pid_t pid, int sig)
{
    if (pid <= 1) { /* "everybody" to kill(2) */
        errno = ESRCH;
        return -1;
    }
    if (pidfd >= 0) {
        if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL,
                    PIDFD_SIGNAL_PROCESS_GROUP) == 0)
            return 0;
        if (errno != EINVAL && errno != ENOSYS)
            return -1;
    }
    return kill(-pid, sig);
}

static void
close_slot(struct engine *e, struct kill_slot *slot)
{
    if (slot->pidfd < 0)
        return;
    /* A child that another thread is just making has a copy of the
     * descriptor, which would keep it in the set. */
    (void)epoll_ctl(e->epoll, EPOLL_CTL_DEL, slot->pidfd, NULL);
    (void)close(slot->pidfd);
    slot->pidfd = -1;
    e->pidfds--;
}

/* Keeps a pidfd to wait for the end; without it the unit is polled. */
static void
watch(struct engine *e, struct kill_slot *slot, int pidfd)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = slot};

    slot->open = true;
    slot->flight->open_slots++;
    if (pidfd >= 0 && epoll_ctl(e->epoll, EPOLL_CTL_ADD, pidfd, &ev) == 0) {
        slot->pidfd = pidfd;
        e->pidfds++;
        return;
    }
    slot->flight->kill_polls = true;
    if (pidfd >= 0)
        (void)close(pidfd);
}

/* Looks again once a pidfd is held; what it says then is about the process
 * that the pidfd is. */
static void
signal_unit(struct engine *e, struct kill_slot *slot, struct unit *u, int sig)
{
    int pidfd = pidfd_open_raw(u->pid);

    unit_look(&e->place, u, NULL);
    if (u->state == UNIT_ALIVE && send_signal(pidfd, u->pid, sig) != 0) {
        if (errno == ESRCH)
            unit_look(&e->place, u, NULL);
        else
            unit_fail(u, errno, "unit %s: cannot signal process %d",
                      u->instance_id, u->pid);
    }
    if (u->state == UNIT_ALIVE)
        watch(e, slot, pidfd);
    else if (pidfd >= 0)
        (void)close(pidfd);
}

/* Ends f, or sets its timer. */
static void
settle(struct engine *e, struct flight *f)
{
    usec_t now = now_mono(), due = f->kill_until;

    if (f->open_slots == 0 || now >= f->kill_until) {
        flight_ok(e, f);
        return;
    }
    if (f->kill_polls && usec_add(now, POLL_EVERY) < due)
        due = now + POLL_EVERY;
    timers_set(&e->timers, &f->timer, due);
}

static void
close_ended(struct engine *e, struct flight *f, struct kill_slot *slot)
{
    slot->open = false;
    f->open_slots--;
    close_slot(e, slot);
}

/* A pidfd is readable once the leader is dead. Where members of its group
 * live on, or that cannot be told, the unit is polled from now on. */
static void
take_events(struct engine *e, struct flight *f)
{
    for (size_t i = 0; i < f->call.unit_count; i++) {
        struct unit *u = &f->call.units[i];

        if (!f->slots[i].open || !f->slots[i].event)
            continue;
        f->slots[i].event = false;
        unit_look(&e->place, u, NULL);
        if (u->state == UNIT_UNKNOWN && !group_may_live(u->pid))
            u->state = UNIT_GONE;
        if (u->state == UNIT_ALIVE || u->state == UNIT_UNKNOWN) {
            close_slot(e, &f->slots[i]);
            f->kill_polls = true;
        } else {
            close_ended(e, f, &f->slots[i]);
        }
    }
}

static void
look_at_open(struct engine *e, struct flight *f)
{
    for (size_t i = 0; i < f->call.unit_count; i++) {
        struct unit *u = &f->call.units[i];

        if (!f->slots[i].open)
            continue;
        unit_look(&e->place, u, NULL);
        if (u->state != UNIT_ALIVE && u->state != UNIT_UNKNOWN)
            close_ended(e, f, &f->slots[i]);
    }
}

void
kill_start(struct engine *e, struct flight *f, const struct proc_scan *scan)
{
    int sig = f->call.signal;

    f->slots = mem_zero(f->call.unit_count, sizeof(*f->slots));
    f->kill_until = usec_add(now_mono(), f->call.timeout);
    for (size_t i = 0; i < f->call.unit_count; i++) {
        struct unit *u = &f->call.units[i];

        f->slots[i].flight = f;
        f->slots[i].pidfd = -1;
        if (sig <= 0 || sig >= _NSIG) {
            unit_fail(u, EINVAL, "unit %s: signal %d", u->instance_id, sig);
            continue;
        }
        unit_look(&e->place, u, scan);
        if (u->state == UNIT_ALIVE)
            signal_unit(e, &f->slots[i], u, sig);
    }
    flight_move(e, f, &e->timed);
    settle(e, f);
}

/* Flights may end only after all events are noted: two events may be of one
 * flight. */
void
kill_collect(struct engine *e)
{
    struct epoll_event events[EVENTS];
    struct flight *touched[EVENTS];
    int n, flights = 0;

    if (e->pidfds == 0)
        return;
    n = epoll_wait(e->epoll, events, EVENTS, 0);
    for (int i = 0; i < n; i++) {
        struct kill_slot *slot = events[i].data.ptr;
        int seen = 0;

        slot->event = true;
        while (seen < flights && touched[seen] != slot->flight)
            seen++;
        if (seen == flights)
            touched[flights++] = slot->flight;
    }
    for (int i = 0; i < flights; i++) {
        take_events(e, touched[i]);
        settle(e, touched[i]);
    }
}

void
kill_due(struct engine *e, struct flight *f)
{
    look_at_open(e, f);
    settle(e, f);
}

void
kill_release(struct engine *e, struct flight *f)
{
    for (size_t i = 0; f->slots != NULL && i < f->call.unit_count; i++)
        close_slot(e, &f->slots[i]);
    free(f->slots);
    f->slots = NULL;
}
