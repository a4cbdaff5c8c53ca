/* machine.c - see machine.h. */
#include "provider/machine.h"

#include <stdlib.h>

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
