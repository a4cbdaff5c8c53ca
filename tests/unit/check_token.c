/* check_token.c - tokens against values computed with another program. */
#include "wire/token.h"

#include <string.h>

#include "unit.h"

static const struct token_row {
    const char *deployment, *request;
    int intent;
    const char *pool, *token;
} token_rows[] = {
    {"dep-1", "req-1", 0, "node1",
     "e381113fd225dc6f10611e66a7d7aea144b67d79a52739b86da0ec6d7643d466"},
    {"dep-1", "req-1", 1, "node1",
     "cc84f993e23336cc65478e7ff5fe8f926611db60c35c97b7874d0010b574f96b"},
    /* the same letters, cut in another place, are another token */
    {"ab", "c", 0, "p",
     "2c35b8fa4becacf94922fc7f53f54a727237620decaeb6f223dee7fb067d41fe"},
    {"a", "bc", 0, "p",
     "835af6e3bd535e89601477afc6df3e23091254be902e72f9f32a2bfbc357fc51"},
    {"", "", -1, "",
     "36115234d5b441fcd76d21d36bf8cceb5c2f840a49d4499eaee6f06dd1b2c52e"},
};

START_TEST(token_has_its_value_for_ever)
{
    const struct token_row *t = &token_rows[_i];
    char out[65];

    token_make(t->deployment, t->request, t->intent, t->pool, out);
    ck_assert_str_eq(out, t->token);
}
END_TEST

static const struct sha_row {
    const char *data, *hex;
} sha_rows[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
};

START_TEST(sha256_of_known_data)
{
    char out[65];

    token_sha256(sha_rows[_i].data, strlen(sha_rows[_i].data), out);
    ck_assert_str_eq(out, sha_rows[_i].hex);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("token");
    TCase *t = tcase_create("token");

    tcase_add_loop_test(t, token_has_its_value_for_ever, 0, COUNT(token_rows));
    tcase_add_loop_test(t, sha256_of_known_data, 0, COUNT(sha_rows));
    suite_add_tcase(s, t);
    return unit_run(s);
}
