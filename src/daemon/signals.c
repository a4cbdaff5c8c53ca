/* signals.c - see signals.h. */
#include "daemon/signals.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { WAKE = SIGUSR2 };

/* QUIT and those of a fault keep their default: a core. USR1 is not used,
 * but must not end the daemon either. */
static const int blocked[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGUSR1, WAKE};

void
signals_block(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof(blocked) / sizeof(blocked[0]); i++)
        (void)sigaddset(&set, blocked[i]);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

enum signal_event
signals_wait(usec_t timeout)
{
    struct timespec ts = {.tv_sec = (time_t)(timeout / USEC_S),
                          .tv_nsec = (long)(timeout % USEC_S * 1000)};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, WAKE);
    switch (sigtimedwait(&set, NULL, &ts)) {
    case SIGTERM:
    case SIGINT:
        return SIGNAL_STOP;
    case SIGHUP:
        return SIGNAL_RELOAD;
    default:
        return SIGNAL_NONE;
    }
}

void
signals_wake(void)
{
    (void)kill(getpid(), WAKE);
}
