/* machine.h - the machine object that providers return and
 * sql/stmt/store_machines.sql stores: one json object per machine with the
 * keys below (absent or null = unknown, the stored value stays).
 *
 * instance_id*, request_id*, resource_id, provider_api*, status* (pending
 * running stopping stopped shutting-down terminated), name, private_ip,
 * public_ip, private_dns, instance_type, availability_zone, launch_time
 * (integer s UTC), price_type, units, account, region, host, boot_id,
 * message, details {pid, start_time, ...}, tags. */
#ifndef HOSTQ_PROVIDER_MACHINE_H
#define HOSTQ_PROVIDER_MACHINE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/request.h"

/* New object with the four keys that must be there. Caller owns it. */
json_t *machine_new(const char *instance_id, const char *request_id,
                    const char *provider_api, const char *status);
/* partialPolicy of the request, else of its template, is keep (calls.md 4). */
bool machine_keeps_partial(const struct request *r);

#endif
