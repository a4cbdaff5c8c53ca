/* list.h - the providers there are; registry.c is their only user. */
#ifndef HOSTQ_PROVIDER_LIST_H
#define HOSTQ_PROVIDER_LIST_H

#include "provider/provider.h"

extern const struct provider provider_noop;
extern const struct provider provider_proc_provision;
extern const struct provider provider_proc_return;
extern const struct provider provider_proc_watch;
extern const struct provider provider_ec2_run;
extern const struct provider provider_ec2_return;
extern const struct provider provider_ec2_watch;

#endif
