/* cmd_templates.c - validate-templates: the check that the scripts make,
 * without a database. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/hf_files.h"
#include "cli/hf_input.h"
#include "cli/table.h"

#define PROBLEMS_CAP ((size_t)1 << 20)

static const struct column columns[] = {
    {"templateId", "TEMPLATE"}, {"providerApi", "PROVIDER"},
    {"maxNumber", "MAX"},       {"valid", "VALID"},
    {"problem", "PROBLEM"},     {NULL, NULL},
};

/* -f FILE, a folder, or the folder that the scripts would use. */
static int
read_files(const struct cli *c, struct hf_files *f, struct err *err)
{
    struct hf_env env = {0};
    const char *path = cli_opt(c, OPT_FILE);

    if (path != NULL)
        return hf_files_read_one(path, f, err);
    int r = hf_env_read(c, &env, err);
    const char *dir = c->arg_count > 0 ? c->args[0] : env.dir;
    if (r == 0 && dir == NULL)
        r = err_set(err, E_USAGE,
                    "validate-templates: give -f FILE or a"
                    " folder (HF_PROVIDER_CONFDIR is not set)");
    if (r == 0)
        r = hf_files_read(dir, env.name, f, err);
    hf_env_fini(&env);
    return r;
}

int
cmd_validate_templates(struct cli *c)
{
    CLEANUP_BUF struct buf problems = BUF_INIT(PROBLEMS_CAP);
    struct hf_files f = {0};
    struct err err = {0};
    int count = 0;

    int r = read_files(c, &f, &err);
    if (r == 0) {
        CLEANUP_JSON json_t *v = hf_verdicts_new(&f, &problems, &count);
        CLEANUP_FREE char *text = json_text_new(v);
        if (cli_has(c, OPT_JSON))
            cli_print(text);
        else
            table_show(v, columns);
        if (count > 0)
            r = err_set(&err, E_USAGE, "%s: %d problem%s: %s", f.template_path,
                        count, count == 1 ? "" : "s", buf_str(&problems));
    }
    hf_files_fini(&f);
    return r == 0 ? 0 : cli_fail(c, &err);
}
