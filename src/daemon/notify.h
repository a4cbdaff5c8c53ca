/* notify.h - tells systemd how the daemon is (Type=notify). Does nothing
 * where no supervisor asked for it. */
#ifndef HOSTQ_DAEMON_NOTIFY_H
#define HOSTQ_DAEMON_NOTIFY_H

#include "base/dur.h"

void notify_ready(void);
void notify_stopping(void);
/* HUP: the settings are being read, and after that notify_ready(). */
void notify_reloading(void);
void notify_watchdog(void);
/* How often notify_watchdog() must be called at least; USEC_MAX: never. */
usec_t notify_watchdog_interval(void);

#endif
