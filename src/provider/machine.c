/* machine.c - see machine.h. */
#include "provider/machine.h"

#include <stdlib.h>
#include <strings.h>

#include "base/json.h"

json_t *
machine_new(const char *instance_id, const char *request_id,
            const char *provider_api, const char *status)
{
    json_t *m = json_pack("{s:s, s:s, s:s, s:s}", "instance_id", instance_id,
                          "request_id", request_id, "provider_api",
                          provider_api, "status", status);
    if (m == NULL)
        abort();
    return m;
}

bool
machine_keeps_partial(const struct request *r)
{
    const char *policy = json_str(r->payload, "partialPolicy");

    if (policy == NULL)
        policy = json_str(r->template_, "partialPolicy");
    return policy != NULL && strcasecmp(policy, "keep") == 0;
}
