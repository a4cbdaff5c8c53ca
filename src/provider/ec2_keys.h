/* ec2_keys.h - values of a template for EC2 that come in several forms. */
#ifndef HOSTQ_PROVIDER_EC2_KEYS_H
#define HOSTQ_PROVIDER_EC2_KEYS_H

#include <jansson.h>
#include <stdbool.h>

#define EC2_DRAIN_MAX_S 3600

/* Subnets of subnetIds or subnetId: a string, a comma list, an array, or an
 * array of comma lists (hostfactory.md 3). Never NULL. */
json_t *ec2_subnets_new(const json_t *template_);
/* Splits such a value. */
json_t *ec2_list_new(const json_t *value);
/* vmType, else the only key of vmTypes; NULL where there is none. */
const char *ec2_vm_type(const json_t *template_);
/* priceType spot, or without one LSF's spotPrice. */
bool ec2_is_spot(const json_t *template_);

#endif
