/* hf_input.h - what a HostFactory script is told: environment and input. */
#ifndef HOSTQ_CLI_HF_INPUT_H
#define HOSTQ_CLI_HF_INPUT_H

#include <stdbool.h>

#include "cli/cli.h"

/* One of the five scripts. */
struct hf_action {
    const char *name;
    bool needs_templates; /* the files are read and must be stored */
    bool may_be_empty;    /* no -f, or an empty file, is {} */
    const char *list;     /* positional form: key of the list... */
    const char *key;      /* ...and of each member; NULL: TEMPLATE COUNT */
};

struct hf_env {
    char *namespace_; /* owned */
    char *name;       /* owned: name of the instance in file names, or NULL */
    char *dir;        /* owned: where the files are, or NULL: not known */
    bool lsf;
    bool quiet; /* the log level leaves out warnings */
};

/* Environment and options; hostfactory.md 1. E_USAGE names the variable. */
int hf_env_read(const struct cli *c, struct hf_env *e, struct err *err);
void hf_env_fini(struct hf_env *e);

const struct hf_action *hf_action_find(const char *name, struct err *err);

/* The input as JSON text: the file as it was written, or made of the
 * arguments. E_USAGE names file or argument. Caller frees. */
char *hf_input_new(const struct cli *c, const struct hf_action *action,
                   struct err *err);

#endif
