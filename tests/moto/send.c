/* send.c - sends cases of tests/moto/sigv4.py (fields.h), signed by libcurl:
 * URL, access key, secret, token, service, region, Host header or nothing,
 * content type, body. Answers each with a line: the HTTP status, or what went
 * wrong. */
#include <curl/curl.h>

#include "fields.h"

enum { URL, ACCESS, SECRET, TOKEN, SERVICE, REGION, HOST, TYPE, BODY, COUNT };

static struct curl_slist *
add_header(struct curl_slist *list, const char *name, const char *value)
{
    char *line = NULL;

    if (asprintf(&line, "%s: %s", name, value) < 0)
        abort();
    list = curl_slist_append(list, line);
    if (list == NULL)
        abort();
    free(line);
    return list;
}

static void
send_case(char **at)
{
    CURL *c = curl_easy_init();
    struct curl_slist *headers = add_header(NULL, "Content-Type", at[TYPE]);
    char provider[512];
    long status = 0;

    if (c == NULL)
        abort();
    if (*at[TOKEN] != '\0')
        headers = add_header(headers, "X-Amz-Security-Token", at[TOKEN]);
    if (*at[HOST] != '\0')
        headers = add_header(headers, "Host", at[HOST]);
    (void)snprintf(provider, sizeof provider, "aws:amz:%s:%s", at[REGION],
                   at[SERVICE]);
    (void)curl_easy_setopt(c, CURLOPT_URL, at[URL]);
    (void)curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
    (void)curl_easy_setopt(c, CURLOPT_USERNAME, at[ACCESS]);
    (void)curl_easy_setopt(c, CURLOPT_PASSWORD, at[SECRET]);
    (void)curl_easy_setopt(c, CURLOPT_AWS_SIGV4, provider);
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(at[BODY]));
    (void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, at[BODY]);
    CURLcode code = curl_easy_perform(c);
    (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK)
        (void)printf("%ld\n", status);
    else
        (void)printf("%s\n", curl_easy_strerror(code));
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
}

int
main(void)
{
    struct fields f = {0};

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    while (fields_read(&f, COUNT))
        send_case(f.at);
    curl_global_cleanup();
    free(f.line);
    return 0;
}
