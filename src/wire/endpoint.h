/* endpoint.h - where an AWS service of a region is reached (aws.md 1a). */
#ifndef HOSTQ_WIRE_ENDPOINT_H
#define HOSTQ_WIRE_ENDPOINT_H

#include "base/buf.h"
#include "base/err.h"

/* Appends "https://SERVICE.REGION.SUFFIX/"; the suffix is that of the region's
 * partition. Fails with E_USAGE where service or region are no names of one
 * (lower-case letters, digits, '-'; up to 63 bytes): they become part of a
 * host name. An unknown region is one of the partition aws. */
int endpoint_url(struct buf *out, const char *service, const char *region,
                 struct err *err);

#endif
