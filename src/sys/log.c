/* log.c - every line is put together in a buffer and written by one write(),
 * so that lines of several threads and processes never mix. */
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "sys/clock.h"

enum {
    LINE_MAX_BYTES = 4096,
    QUOTE_MAX_BYTES = 400,
    QUOTE_RING = 8,
    LIMITED_MAX = 64, /* distinct (event, code) pairs that are limited */
};

struct limited {
    char key[96];
    usec_t last;
    unsigned left_out;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *log_path;
static int log_fd = STDERR_FILENO;
static _Atomic enum log_level log_max = LOG_INFO;
static struct limited limits[LIMITED_MAX];
static _Thread_local char context[200];

int
log_open(const char *path, enum log_level level, struct err *err)
{
    log_max = level;
    if (!path)
        return 0;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_set(err, E_USAGE, "cannot open log file '%s': %s", path,
                       strerror(errno));
    char *copy = strdup(path);
    if (!copy)
        abort();
    (void)pthread_mutex_lock(&lock);
    if (log_path)
        (void)close(log_fd);
    free(log_path);
    log_path = copy;
    log_fd = fd;
    (void)pthread_mutex_unlock(&lock);
    return 0;
}

void
log_reopen(void)
{
    (void)pthread_mutex_lock(&lock);
    if (log_path) {
        int fd =
            open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
        if (fd >= 0) {
            (void)close(log_fd);
            log_fd = fd;
        }
    }
    (void)pthread_mutex_unlock(&lock);
}

void
log_set_level(enum log_level level)
{
    log_max = level;
}

int
log_level_parse(const char *text, enum log_level *out)
{
    static const struct {
        const char *word;
        enum log_level level;
    } words[] = {
        {"error", LOG_ERROR}, {"err", LOG_ERROR},   {"critical", LOG_ERROR},
        {"crit", LOG_ERROR},  {"alert", LOG_ERROR}, {"emerg", LOG_ERROR},
        {"fatal", LOG_ERROR}, {"warn", LOG_WARN},   {"warning", LOG_WARN},
        {"notice", LOG_INFO}, {"info", LOG_INFO},   {"debug", LOG_DEBUG},
        {"trace", LOG_DEBUG},
    };
    if (strncasecmp(text, "LOG_", 4) == 0)
        text += 4;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i].word) == 0) {
            *out = words[i].level;
            return 0;
        }
    }
    return -1;
}

void
log_context(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(context, sizeof context, fmt, ap);
    va_end(ap);
}

static void __attribute__((format(printf, 4, 0)))
emit(enum log_level level, const char *event, unsigned left_out,
     const char *fmt, va_list ap)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    char line[LINE_MAX_BYTES];
    char ts[40];
    dur_print_utc(now_real(), ts, sizeof ts);
    int n = snprintf(line, sizeof line - 1, "%s %s %s%s%s", ts, names[level],
                     event, context[0] ? " " : "", context);
    if (left_out > 0)
        n += snprintf(line + n, sizeof line - 1 - (size_t)n, " repeated=%u",
                      left_out);
    if (*fmt) {
        line[n++] = ' ';
        n += vsnprintf(line + n, sizeof line - 1 - (size_t)n, fmt, ap);
    }
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    line[n++] = '\n';
    (void)pthread_mutex_lock(&lock);
    if (write(log_fd, line, (size_t)n) < 0) {
        /* Nowhere to say it. */
    }
    (void)pthread_mutex_unlock(&lock);
}

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
    va_list ap;
    if (level > log_max)
        return;
    va_start(ap, fmt);
    emit(level, event, 0, fmt, ap);
    va_end(ap);
}

/* The entry of (event, code), or NULL when the table is full. */
static struct limited *
limit_of(const char *event, const char *code)
{
    char key[sizeof limits[0].key];
    (void)snprintf(key, sizeof key, "%s/%s", event, code);
    for (int i = 0; i < LIMITED_MAX; i++) {
        if (!limits[i].key[0]) {
            memcpy(limits[i].key, key, sizeof key);
            return &limits[i];
        }
        if (strcmp(limits[i].key, key) == 0)
            return &limits[i];
    }
    return NULL;
}

void
log_event_limited(enum log_level level, const char *event, const char *code,
                  const char *fmt, ...)
{
    unsigned left_out = 0;
    usec_t now = now_mono();
    va_list ap;
    if (level > log_max)
        return;
    (void)pthread_mutex_lock(&lock);
    struct limited *l = limit_of(event, code);
    if (l && l->last && now - l->last < USEC_S) {
        l->left_out++;
        (void)pthread_mutex_unlock(&lock);
        return;
    }
    if (l) {
        left_out = l->left_out;
        l->left_out = 0;
        l->last = now;
    }
    (void)pthread_mutex_unlock(&lock);
    va_start(ap, fmt);
    emit(level, event, left_out, fmt, ap);
    va_end(ap);
}

/* Bytes that a byte needs when quoted, with those of its character that
 * follow the first: a text is never cut within an escape or a character. */
static size_t
quoted_bytes(unsigned char c)
{
    if (c == '"' || c == '\\' || c == '\n' || (c >= 0xC0 && c < 0xE0))
        return 2;
    return c < 0xE0 ? 1 : c < 0xF0 ? 3 : 4;
}

const char *
log_quote(const char *text)
{
    static _Thread_local char ring[QUOTE_RING][QUOTE_MAX_BYTES + 4];
    static _Thread_local unsigned at;
    char *out = ring[at++ % QUOTE_RING];
    size_t n = 0;
    size_t len = text ? strlen(text) : 0;
    /* Messages of libpq end in a newline. */
    while (len > 0 && text[len - 1] == '\n')
        len--;
    out[n++] = '"';
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (n + quoted_bytes(c) > QUOTE_MAX_BYTES)
            break;
        if (c == '"' || c == '\\') {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (c == '\n') {
            out[n++] = '\\';
            out[n++] = 'n';
        } else {
            out[n++] = c < ' ' || c == 127 ? '?' : (char)c;
        }
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}
