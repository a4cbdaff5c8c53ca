/* log.h - one logfmt line per event: ts level event key=value...
 *
 * Event names are fixed words ("request.claimed"). Context of the thread is
 * added to every line. Never a body, a header value or a secret. */
#ifndef HOSTQ_SYS_LOG_H
#define HOSTQ_SYS_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* path NULL = stderr. Keeps the path for log_reopen(). */
int log_open(const char *path, enum log_level level, struct err *err);
void log_reopen(void); /* at HUP; keeps the old file if the new one fails */
void log_set_level(enum log_level level);
/* "error", "warn", "info", "debug", also LOG_INFO and the other usual level
 * words with or without LOG_ (hostfactory.md 1); -1 if unknown. */
int log_level_parse(const char *text, enum log_level *out);

/* Key=value text put on every line of this thread ("thread=ledger");
 * "" clears. Copied. */
void log_context(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* fmt gives key=value pairs; values with spaces must be written with
 * log_quote() or %s inside "...". */
void log_event(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* As log_event, but at most once a second for the same event and code; the
 * next line says how many were left out (repeated=N). */
void log_event_limited(enum log_level level, const char *event,
                       const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Text as a quoted logfmt value, escaped, cut at 400 bytes; storage is a
 * per-thread ring of 8. */
const char *log_quote(const char *text);

#endif
