/* hf_input.c - see hf_input.h. */
#include "cli/hf_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/hf_files.h"
#include "cli/input.h"
#include "core/mem.h"
#include "sys/log.h"

#define PATH_CAP 4096

static const struct hf_action actions[] = {
    {"getAvailableTemplates", true, true, NULL, NULL},
    {"requestMachines", true, false, "template", NULL},
    {"requestReturnMachines", false, false, "machines", "machineId"},
    {"getRequestStatus", false, false, "requests", "requestId"},
    {"getReturnRequests", false, false, "machines", "name"},
};

const struct hf_action *
hf_action_find(const char *name, struct err *err)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    (void)err_set(err, E_USAGE,
                  "there is no script '%s', but getAvailable"
                  "Templates, requestMachines, requestReturnMachines,"
                  " getRequestStatus and getReturnRequests",
                  name);
    return NULL;
}

/* The variable's value, or NULL where it is unset or empty. */
static const char *
env(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

static char *
joined_new(const char *dir, const char *middle, const char *name)
{
    struct buf b = BUF_INIT(PATH_CAP);

    buf_printf(&b, "%s%s%s", dir, middle, name);
    return buf_take(&b);
}

static char *
find_dir_new(const struct cli *c, const struct hf_env *e)
{
    const char *dir = cli_opt(c, OPT_CONFDIR);

    if (dir != NULL)
        return mem_dup(dir);
    if (e->lsf)
        return env("PRO_CONF_DIR") != NULL
                   ? joined_new(env("PRO_CONF_DIR"), "/conf", "")
                   : NULL;
    if (env("HF_PROVIDER_CONFDIR") != NULL)
        return mem_dup(env("HF_PROVIDER_CONFDIR"));
    if (env("HF_CONFDIR") != NULL && e->name != NULL)
        return joined_new(env("HF_CONFDIR"), "/providers/", e->name);
    return NULL;
}

/* HF_LOGLEVEL counts only where the config file allows it. */
static void
read_level(struct hf_env *e)
{
    const char *text = env("HF_LOGLEVEL");
    enum log_level level;
    struct err err;

    if (text == NULL || e->dir == NULL || log_level_parse(text, &level) != 0 ||
        level >= LOG_WARN)
        return;
    CLEANUP_JSON json_t *config = hf_config_new(e->dir, e->name, &err);
    const json_t *v = json_object_get(config, "ACCEPT_PROPAGATED_LOG_SETTING");
    const char *word = json_string_value(v);
    e->quiet =
        json_is_true(v) || (word != NULL && strcasecmp(word, "true") == 0);
}

static int
read_mode(const struct cli *c, struct hf_env *e, struct err *err)
{
    const char *mode = cli_opt(c, OPT_MODE);

    if (mode == NULL)
        mode = env("HOSTQ_HF_MODE");
    if (mode == NULL)
        e->lsf = env("PRO_CONF_DIR") != NULL && env("HF_PROVIDER_NAME") == NULL;
    else if (strcmp(mode, "lsf") == 0 || strcmp(mode, "symphony") == 0)
        e->lsf = strcmp(mode, "lsf") == 0;
    else
        return err_set(err, E_USAGE, "--mode: '%s' is neither symphony nor lsf",
                       mode);
    return 0;
}

int
hf_env_read(const struct cli *c, struct hf_env *e, struct err *err)
{
    memset(e, 0, sizeof(*e));
    if (read_mode(c, e, err) != 0)
        return -1;
    const char *variable = e->lsf ? "PROVIDER_NAME" : "HF_PROVIDER_NAME";
    const char *name = env(variable);
    const char *given = cli_opt(c, OPT_NAMESPACE);
    if (name != NULL && cli_check_namespace(name, variable, err) != 0)
        return -1;
    if (name == NULL && given == NULL)
        given = cli_namespace(c);
    e->name = mem_dup(name);
    e->namespace_ = mem_dup(given != NULL  ? given
                            : name != NULL ? name
                                           : "default");
    e->dir = find_dir_new(c, e);
    read_level(e);
    return 0;
}

void
hf_env_fini(struct hf_env *e)
{
    free(e->namespace_);
    free(e->name);
    free(e->dir);
}

static json_t *
text_new(const char *text)
{
    json_t *s = json_string(text);

    if (s == NULL)
        abort(); /* arguments were found to be UTF-8 */
    return s;
}

/* TEMPLATE COUNT. A count that is no number goes on as text: the database
 * refuses it by name and keeps the event. */
static json_t *
template_new(const struct cli *c, struct err *err)
{
    if (c->arg_count != 3) {
        (void)err_set(err, E_USAGE,
                      "requestMachines: give -f FILE, or"
                      " TEMPLATE and COUNT");
        return NULL;
    }
    json_t *count = json_loads(c->args[2], JSON_DECODE_ANY, NULL);
    if (!json_is_number(count)) {
        json_decref(count);
        count = text_new(c->args[2]);
    }
    return json_pack("{s:{s:o, s:o}}", "template", "templateId",
                     text_new(c->args[1]), "machineCount", count);
}

static json_t *
list_new(const struct cli *c, const struct hf_action *action)
{
    json_t *list = json_array();

    for (int i = 1; i < c->arg_count; i++) {
        json_t *one = json_pack("{s:o}", action->key, text_new(c->args[i]));
        if (json_array_append_new(list, one) != 0)
            abort();
    }
    return json_pack("{s:o}", action->list, list);
}

static char *
from_arguments_new(const struct cli *c, const struct hf_action *action,
                   struct err *err)
{
    if (action->list == NULL) {
        (void)err_set(err, E_USAGE, "%s: '%s' is one argument too many",
                      action->name, c->args[1]);
        return NULL;
    }
    CLEANUP_JSON json_t *json =
        action->key == NULL ? template_new(c, err) : list_new(c, action);
    return json != NULL ? json_text_new(json) : NULL;
}

static char *
from_file_new(const char *path, const struct hf_action *action, struct err *err)
{
    size_t len;
    char *text = input_read_new(path, &len, err);

    if (text == NULL)
        return NULL;
    if (action->may_be_empty && strspn(text, " \t\r\n") == len) {
        free(text);
        return mem_dup("{}");
    }
    CLEANUP_JSON json_t *json =
        input_json_new(text, len, input_name(path), err);
    if (json_is_object(json))
        return text;
    if (json != NULL)
        (void)err_set(err, E_USAGE, "%s is not a JSON object",
                      input_name(path));
    free(text);
    return NULL;
}

char *
hf_input_new(const struct cli *c, const struct hf_action *action,
             struct err *err)
{
    const char *path = cli_opt(c, OPT_FILE);

    if (path != NULL && c->arg_count > 1) {
        (void)err_set(err, E_USAGE, "%s: give -f FILE or arguments, not both",
                      action->name);
        return NULL;
    }
    if (path != NULL)
        return from_file_new(path, action, err);
    if (c->arg_count > 1)
        return from_arguments_new(c, action, err);
    if (action->may_be_empty)
        return mem_dup("{}");
    (void)err_set(err, E_USAGE, "%s: -f FILE is missing", action->name);
    return NULL;
}
