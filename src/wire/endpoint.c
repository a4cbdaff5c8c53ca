/* endpoint.c - see endpoint.h. */
#include "wire/endpoint.h"

#include <stdbool.h>
#include <string.h>

#define LABEL_MAX 63 /* bytes, of a part of a host name */

static const struct partition {
    const char *prefix; /* of the region's name */
    const char *suffix;
} partitions[] = {
    {"cn-", "amazonaws.com.cn"},   {"eu-isoe-", "cloud.adc-e.uk"},
    {"eusc-", "amazonaws.eu"},     {"us-iso-", "c2s.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov"}, {"us-isof-", "csp.hci.ic.gov"},
    {"", "amazonaws.com"}, /* the last: all others, us-gov- among them */
};

static bool
is_label(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return len > 0 && len <= LABEL_MAX && text[len] == '\0' && text[0] != '-' &&
           text[len - 1] != '-';
}

int
endpoint_url(struct buf *out, const char *service, const char *region,
             struct err *err)
{
    const struct partition *p = partitions;

    if (!is_label(service))
        return err_set(err, E_USAGE, "'%.80s' is not a service", service);
    if (!is_label(region))
        return err_set(err, E_USAGE, "'%.80s' is not a region", region);
    while (strncmp(region, p->prefix, strlen(p->prefix)) != 0)
        p++;
    buf_printf(out, "https://%s.%s.%s/", service, region, p->suffix);
    return 0;
}
