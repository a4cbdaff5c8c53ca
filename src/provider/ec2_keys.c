/* ec2_keys.c - see ec2_keys.h. */
#include "provider/ec2_keys.h"

#include <string.h>

#include "base/json.h"
#include "provider/template.h"

static void
add_words(json_t *list, const char *text)
{
    while (text != NULL && *text != '\0') {
        text += strspn(text, ", ");
        size_t n = strcspn(text, ", ");
        if (n > 0)
            (void)json_array_append_new(list, json_stringn(text, n));
        text += n;
    }
}

json_t *
ec2_list_new(const json_t *value)
{
    json_t *list = json_array();
    size_t i;
    json_t *item;

    add_words(list, template_text(value));
    json_array_foreach(value, i, item)
    {
        add_words(list, template_text(item));
    }
    return list;
}

json_t *
ec2_subnets_new(const json_t *template_)
{
    json_t *list = ec2_list_new(json_object_get(template_, "subnetIds"));

    if (json_array_size(list) > 0)
        return list;
    json_decref(list);
    return ec2_list_new(json_object_get(template_, "subnetId"));
}

const char *
ec2_vm_type(const json_t *template_)
{
    const char *type = json_str(template_, "vmType");
    json_t *types = json_object_get(template_, "vmTypes");

    if (type != NULL && *type != '\0')
        return type;
    return json_object_iter_key(json_object_iter(types));
}

bool
ec2_is_spot(const json_t *template_)
{
    const json_t *type = json_object_get(template_, "priceType");
    const json_t *lsf = json_object_get(template_, "spotPrice");

    if (json_is_string(type))
        return strcmp(json_string_value(type), "spot") == 0;
    return !json_absent(lsf);
}
