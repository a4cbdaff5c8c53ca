/* request.c - the snapshot of a claimed row. */
#include "core/request.h"

#include <stdlib.h>

void
request_free(struct request *r)
{
    if (r == NULL)
        return;
    free(r->request_id);
    free(r->namespace_);
    free(r->kind);
    free(r->provider_api);
    free(r->template_id);
    json_decref(r->template_);
    json_decref(r->payload);
    json_decref(r->note);
    json_decref(r->context);
    free(r);
}

usec_t
request_now(const struct request *r, usec_t mono_now)
{
    return usec_add(r->db_now, usec_sub(mono_now, r->mono));
}
