/* form.h - the body of an AWS Query call, written into a struct buf; what does
 * not fit into its cap breaks the buffer. Pure.
 *
 * The encoding is that of Python's urlencode (aws.md 1a): A-Z a-z 0-9 _ . - ~
 * stay, a blank becomes '+', every other byte %XX in upper case. AWS accepts
 * other forms too; servers that encode again before they check a signature
 * accept only this one. */
#ifndef HOSTQ_WIRE_FORM_H
#define HOSTQ_WIRE_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Longest name that form_addf() makes; the longest of EC2, Auto Scaling and
 * STS has 140 bytes (aws-wire-names.txt). */
#define FORM_NAME_MAX 255

/* A byte that stands for itself in a form and in a URL (RFC 3986 2.3). */
bool form_unreserved(char c);
/* Appends the encoded form of len bytes; they may hold NUL. */
void form_encode(struct buf *out, const char *data, size_t len);

/* Appends "Action=..&Version=..", which comes first. */
void form_begin(struct buf *out, const char *action, const char *version);
/* Appends "&name=value", both encoded. An empty list is sent as the name of
 * the list with an empty value. */
void form_add(struct buf *out, const char *name, const char *value);
void form_add_int(struct buf *out, const char *name, int64_t value);
/* As form_add(); the name comes from a format: "InstanceId.%d". One longer
 * than FORM_NAME_MAX breaks the buffer. */
void form_addf(struct buf *out, const char *value, const char *name_fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
