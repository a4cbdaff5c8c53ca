/* awsini.h - reads the shared credentials and config files of AWS tools
 * (aws.md 1d). Pure: text in, one profile out. */
#ifndef HOSTQ_WIRE_AWSINI_H
#define HOSTQ_WIRE_AWSINI_H

#include "base/err.h"

/* What a profile says; NULL = nothing. All owned. */
struct aws_profile {
    char *access_key_id;
    char *secret_access_key;
    char *session_token;
    char *region;
    char *endpoint_url;
    char *endpoint_url_ec2; /* of ec2 in the section its services name */
    char *ca_bundle;
    char *role_arn;
    char *source_profile;
    char *credential_source;
    char *credential_process;
    char *web_identity_token_file;
    char *sso_session;
    char *sso_start_url;
    char *services;
};

/* Fills out (which need not be initialised) from the texts of the two files;
 * NULL = there is no such file. The profile is [NAME] in credentials, [profile
 * NAME] in config, where [default] needs no "profile". What both say is taken
 * from credentials; the three keys always from one file. A line that is none
 * fails with E_USAGE, a profile that is in neither with E_NOT_FOUND; then out
 * is empty. Errors name file and line, never what stands there. */
int aws_profile_read(const char *credentials, const char *config,
                     const char *profile, struct aws_profile *out,
                     struct err *err);
/* Wipes the secrets, too. */
void aws_profile_fini(struct aws_profile *p);

#endif
