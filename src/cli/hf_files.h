/* hf_files.h - the files of a provider instance: where they are, what they
 * hold, and what is wrong with their templates. */
#ifndef HOSTQ_CLI_HF_FILES_H
#define HOSTQ_CLI_HF_FILES_H

#include <jansson.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct hf_files {
    char *template_path; /* owned */
    char *templates;     /* owned text of the template file */
    json_t *json;        /* owned; the same, judged: {"templates":[...]} */
    char *config;        /* owned text of the config file; "{}" without one */
    char *dir;           /* owned; userDataScript is relative to it */
    char hash[65];       /* over all that the templates are made from */
};

/* Reads what is in dir for the instance `name` (may be NULL). E_USAGE names
 * the file. */
int hf_files_read(const char *dir, const char *name, struct hf_files *f,
                  struct err *err);
/* Reads one template file, no config (validate-templates). */
int hf_files_read_one(const char *path, struct hf_files *f, struct err *err);
/* Takes templates from the input of a script instead of a file. */
int hf_files_push(const char *text, size_t len, struct hf_files *f,
                  struct err *err);
void hf_files_fini(struct hf_files *f);

/* Only the config file, or NULL where there is none. Caller owns. */
json_t *hf_config_new(const char *dir, const char *name, struct err *err);

/* Text of a boot script: the value names a file (absolute, or one that is
 * there beside the templates), or is the text itself. NULL and err: it names
 * a file that cannot be read. Caller frees. */
char *hf_user_data_new(const struct hf_files *f, const char *value,
                       struct err *err);

/* Judges each template. The array is what cli_store_templates takes; one
 * without a usable templateId, or whose id was there before, is not in it.
 * Every problem goes to `problems` as "ID: what"; *count counts them. */
json_t *hf_verdicts_new(const struct hf_files *f, struct buf *problems,
                        int *count);

#endif
