/* proc_template.c - the keys of a template with providerApi "process". */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "provider/proc.h"
#include "provider/template.h"

#define READY_MAX_S 3600 /* no request lives longer */
#define DRAIN_MAX_S 3600
#define ENTRY_CAP ((size_t)128 * 1024) /* what the kernel takes in one */

static bool
is_text_array(const json_t *value)
{
    size_t i;
    json_t *item;

    if (json_array_size(value) == 0)
        return false;
    json_array_foreach(value, i, item)
    {
        if (template_text(item) == NULL)
            return false;
    }
    return json_string_length(json_array_get(value, 0)) != 0;
}

static int
check_command(const json_t *template_, struct err *err)
{
    const json_t *command = json_object_get(template_, "command");
    const char *text = template_text(command);

    if (is_text_array(command) || (text != NULL && *text != '\0'))
        return 0;
    return template_refuse(err, "command", command,
                           "a string or an array of strings, not empty");
}

static int
check_environment(const json_t *template_, struct err *err)
{
    json_t *all = json_object_get(template_, "environment");
    const char *key;
    json_t *value;

    if (!json_absent(all) && !json_is_object(all))
        return template_refuse(err, "environment", all, "an object of strings");
    json_object_foreach(all, key, value)
    {
        if (*key == '\0' || strchr(key, '=') != NULL ||
            strncmp(key, "HOSTQ_", 6) == 0)
            return err_set(err, E_USAGE,
                           "template.environment has the name"
                           " '%s': one without '=' and not HOSTQ_..."
                           " expected",
                           key);
        if (template_text(value) == NULL ||
            strlen(key) + json_string_length(value) > ENTRY_CAP - 2)
            return err_set(err, E_USAGE,
                           "template.environment.%s: a string"
                           " of at most 128 KiB expected",
                           key);
    }
    return 0;
}

static int
check_dir(const json_t *template_, struct err *err)
{
    const json_t *dir = json_object_get(template_, "workDir");
    const char *text = template_text(dir);

    if (json_absent(dir) ||
        (text != NULL && *text == '/' && strlen(text) < PATH_MAX))
        return 0;
    return template_refuse(err, "workDir", dir, "an absolute path");
}

int
proc_template_check(const json_t *template_, struct err *err)
{
    static const char *const price_types[] = {"ondemand", NULL};
    const char *price_type;
    double number;

    if (template_word(template_, "priceType", price_types, &price_type, err) !=
            0 ||
        check_command(template_, err) != 0 ||
        check_environment(template_, err) != 0 ||
        check_dir(template_, err) != 0 ||
        template_number(template_, "readyAfter", 0, READY_MAX_S, 0, &number,
                        err) != 0 ||
        template_number(template_, "drainTimeout", 0, DRAIN_MAX_S, 0, &number,
                        err) != 0)
        return -1;
    return 0;
}

json_t *
proc_argv_new(const json_t *template_)
{
    json_t *command = json_object_get(template_, "command");

    if (json_is_array(command))
        return json_deep_copy(command);
    return json_pack("[s, s, s]", "/bin/sh", "-c", json_string_value(command));
}

json_t *
proc_env_new(const json_t *template_)
{
    json_t *all = json_object_get(template_, "environment");
    json_t *list = json_array();
    const char *key;
    json_t *value;

    json_object_foreach(all, key, value)
    {
        struct buf entry = BUF_INIT(ENTRY_CAP);
        buf_printf(&entry, "%s=%s", key, json_string_value(value));
        (void)json_array_append_new(list, json_string(buf_str(&entry)));
        buf_fini(&entry);
    }
    return list;
}

usec_t
proc_ready_after(const json_t *template_)
{
    double s = json_number_value(json_object_get(template_, "readyAfter"));

    if (!(s > 0)) /* a copy in a row need not be what was checked */
        return 0;
    if (s > READY_MAX_S)
        s = READY_MAX_S;
    return (usec_t)(s * (double)USEC_S);
}
