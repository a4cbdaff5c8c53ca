/* call.h - the language between providers and the engine: what is to be
 * done outside, and how it ended. Plain data; nothing here does I/O. */
#ifndef HOSTQ_CORE_CALL_H
#define HOSTQ_CORE_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/dur.h"
#include "core/states.h"

enum call_type {
    CALL_NONE,  /* nothing to do outside: the reply is at once */
    CALL_TIMER, /* reply after `timeout` (noop with a duration) */
    CALL_SPAWN, /* start each unit that is not there yet, look at all */
    CALL_LOOK,  /* look at the units named; or, with scan, at every unit of
                   this deployment and host */
    CALL_KILL,  /* signal each unit, wait up to `timeout` for their end */
    CALL_HTTP,  /* send `http`, reply with what the server answered */
};

/* How the engine ended a call. judge() must handle every one. */
enum wire_end {
    WIRE_OK,      /* done; units say what was found; HTTP: the server
                     answered, with any status */
    WIRE_BUSY,    /* another daemon of this host is in the middle of it */
    WIRE_TIMEOUT, /* CALL_KILL: some are still alive after the timeout is
                     NOT this; this is the engine's own limit. HTTP: the
                     whole time is over; text says in which phase, and
                     outcome is unknown */
    WIRE_ABORTED, /* cancel or stop: the engine dropped it */
    WIRE_REFUSED, /* HTTP: certainly nothing was sent; `why` says why not */
    WIRE_LOST,    /* the engine lost track of it; outcome unknown. HTTP: the
                     connection broke, or the reply cannot be used, after
                     bytes went out */
};

enum unit_state {
    UNIT_UNKNOWN, /* not looked at */
    UNIT_ALIVE,   /* process exists with our marks and start time */
    UNIT_GONE,    /* no such process (exit status unknown) */
    UNIT_EXITED,  /* ended by exit, status in code */
    UNIT_KILLED,  /* ended by a signal, number in code */
    UNIT_ERROR,   /* could not be started, errno in code, text says why */
};

/* One local process. In a call: what is wanted; in a reply: what was found. */
struct unit {
    char *instance_id;   /* the machine's id, HOSTQ_UNIT of the child */
    char *request_id;    /* HOSTQ_REQUEST of the child */
    pid_t pid;           /* 0 = not known yet */
    uint64_t start_time; /* field 22 of /proc/PID/stat; 0 = not known */
    usec_t started_at;   /* real clock, from start_time and boot time; for
                            people, it may be set at any time */
    usec_t age;          /* at the look, on the clock of start_time, which
                            nobody sets; 0 = not known */
    enum unit_state state;
    int code;
    char text[160];
};

/* How an HTTP call is signed (aws.md 1c). The engine signs when it sends. */
struct aws_call {
    char *service;         /* "ec2"; NULL = not AWS, sent as it is */
    char *region;          /* NULL = the environment's or the profile's */
    char *profile;         /* NULL = the environment's, or "default" */
    char *credential_file; /* shared credentials file that is the only source
                              of keys; NULL = where the environment says */
};

struct http_call {
    char *method;           /* "GET", "POST"...; NULL = POST with a body,
                               else GET */
    char *url;              /* http or https; NULL = endpoint of the service
                               and region of aws */
    char **headers;         /* "Name: value", NULL-terminated, may be NULL */
    char *body;             /* NULL = none; bytes, body_len of them */
    size_t body_len;        /* bytes */
    char *proxy;            /* "host:port"; "" = none; NULL = as the
                               environment says (aws.md 1d) */
    usec_t connect_timeout; /* name, connection, TLS; 0 = 10 s */
    size_t reply_cap;       /* largest body of a reply, bytes; 0 = 64 MiB */
    struct aws_call aws;
};

struct call {
    enum call_type type;
    usec_t timeout;     /* TIMER: span; KILL: how long to wait for the end;
                           HTTP: the whole call, 0 = 60 s */
    char **argv;        /* SPAWN: program and arguments, NULL-terminated */
    char **env;         /* SPAWN: extra "K=V", NULL-terminated, may be NULL;
                           the engine adds the HOSTQ_ marks itself */
    char *dir;          /* SPAWN: working directory, NULL = / */
    char *output;       /* SPAWN: file for stdout and stderr (appended, %u
                           = instance_id), NULL = /dev/null */
    int signal;         /* KILL: SIGTERM or SIGKILL */
    bool scan;          /* LOOK: everything of this deployment and host */
    struct unit *units; /* owned array */
    size_t unit_count;
    struct http_call http; /* HTTP: all members owned */
};

struct reply {
    enum wire_end end;
    char text[160];     /* why, where end is not WIRE_OK */
    struct unit *units; /* owned; same order as the call's, or what a scan
                           found */
    size_t unit_count;
    enum reason why; /* WIRE_REFUSED: R_NETWORK_ERROR, R_AUTH (no credentials)
                        or R_CONFIG (URL, header, region); else R_NONE */
    /* HTTP and WIRE_OK: */
    int status;      /* HTTP status; redirects are not followed */
    char *body;      /* owned, ends in a NUL that does not count */
    size_t body_len; /* bytes */
    char *headers;   /* owned; "Name: value\n" a line, names as sent; the
                        lines beyond 64 KiB are missing */
    bool temporary;  /* signed with credentials that have a session token */
};

void call_init(struct call *c);
void call_fini(struct call *c);
void reply_init(struct reply *r);
void reply_fini(struct reply *r);
/* The value of the first header of that name, any case, or NULL. *len gets its
 * length in bytes without the blanks around it; it is not NUL-terminated. */
const char *reply_header(const struct reply *r, const char *name, size_t *len);
/* Adds one unit (strings copied); the returned pointer is valid until the
 * next add. */
struct unit *call_add_unit(struct call *c, const char *instance_id,
                           const char *request_id);
struct unit *reply_add_unit(struct reply *r, const char *instance_id,
                            const char *request_id);

#endif
