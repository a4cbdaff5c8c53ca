/* sign.c - signs cases for tests/moto/sigv4.py (fields.h): access key, secret,
 * token, service, region, time, host, path, content type, and then nothing, for
 * an empty body, or action, version, name, value, name, value... Answers each
 * with a line: X-Amz-Date, Authorization and body, or what was wrong. */
#include "fields.h"
#include "wire/form.h"
#include "wire/sigv4.h"

enum {
    ACCESS,
    SECRET,
    TOKEN,
    SERVICE,
    REGION,
    TIME,
    HOST,
    PATH,
    TYPE,
    ACTION,
    VERSION,
    PAIRS
};

int
main(void)
{
    struct buf body = BUF_INIT(1024 * 1024);
    struct fields f = {0};

    while (fields_read(&f, ACTION)) {
        char **at = f.at;
        struct sigv4_key key = {at[ACCESS], at[SECRET], at[TOKEN]};
        struct sigv4_scope scope = {at[SERVICE], at[REGION],
                                    strtoll(at[TIME], NULL, 10)};
        struct sigv4_out out;
        struct err err;

        buf_clear(&body);
        if (f.count > VERSION)
            form_begin(&body, at[ACTION], at[VERSION]);
        for (size_t i = PAIRS; i + 1 < f.count; i += 2)
            form_add(&body, at[i], at[i + 1]);
        if (sigv4_sign(&key, &scope, at[HOST], at[PATH], at[TYPE], body.data,
                       body.len, &out, &err) != 0)
            (void)printf("%s\n", err.text);
        else
            (void)printf("%s\t%s\t%s\n", out.amz_date, out.authorization,
                         buf_str(&body));
    }
    buf_fini(&body);
    free(f.line);
    return 0;
}
