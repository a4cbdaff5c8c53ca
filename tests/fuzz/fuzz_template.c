/* fuzz_template.c - templates as people write them: judged without a crash,
 * and a refused one is told why. */
#include "fuzz.h"
#include "provider/provider.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *t = json_loadb((const char *)data, size,
                           JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct err err = {E_NONE, ""};
    const char *api = NULL;

    if (!t)
        return 0;
    if (template_check(t, &api, &err) != 0)
        MUST(err.code == E_USAGE && err.text[0]);
    else
        MUST(api != NULL && provider_find("provision", api) != NULL);
    json_decref(t);
    return 0;
}
