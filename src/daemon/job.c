#include "daemon/job.h"

#include <stdlib.h>

struct job *
job_new(struct request *req)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->req = req;
    intent_init(&j->intent);
    call_init(&j->call);
    return j;
}

void
job_free(struct job *j)
{
    if (!j)
        return;
    intent_fini(&j->intent);
    call_fini(&j->call);
    update_fini(&j->update);
    request_free(j->req);
    free(j);
}
