/* test_unlock.c - where a key comes from, and whose store it opens.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "store_test.h"

#include <banyan/core/unlock.h>

#include <sys/stat.h>

static char folder[PATH_BYTES];

static void fill(void *context, void *bytes, size_t len)
{
    (void)context;
    memset(bytes, 7, len);
}

static const bn_random sevens = {.fill = fill};

static bn_rc open_as(const char *role, bn_kv **out, bn_err *err)
{
    const bn_unlock_options options = {.folder = folder,
                                       .role = role,
                                       .key_file = "",
                                       .passphrase_file = "",
                                       .sealed = true,
                                       .random = &sevens};
    return bn_unlock_open(&options, out, err);
}

static void make_store_of(const char *role)
{
    BN_AUTO(bn_kv_close) bn_kv *kv = NULL;
    bn_err err = {0};
    assert_ok(open_as(role, &kv, &err), err);
}

static int set_up(void **state)
{
    (void)state;
    make_folder(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static void unlock__opens_a_store_again_in_its_role(void **state)
{
    (void)state;
    make_store_of("branch");
    make_store_of("branch");
}

static void unlock__refuses_a_store_of_another_role_and_changes_nothing(void **state)
{
    (void)state;
    bn_kv *kv = NULL;
    bn_err err = {0};
    make_store_of("branch");
    assert_int_equal(open_as("server", &kv, &err), BN_E_DENIED);
    assert_non_null(strstr(err.text, "store of a branch"));
    assert_null(kv);
    make_store_of("branch");
}

static void unlock__makes_no_new_key_for_a_store_whose_mark_is_lost(void **state)
{
    (void)state;
    bn_kv *kv = NULL;
    bn_err err = {0};
    make_store_of("branch");
    assert_int_equal(unlink(path_in(folder, "store.id")), 0);
    assert_int_equal(unlink(path_in(folder, "seal.key")), 0);
    assert_int_equal(open_as("branch", &kv, &err), BN_E_NOT_FOUND);
    assert_int_not_equal(access(path_in(folder, "seal.key"), F_OK), 0);
}

static void unlock__refuses_a_key_that_others_may_read(void **state)
{
    (void)state;
    bn_kv *kv = NULL;
    bn_err err = {0};
    make_store_of("branch");
    assert_int_equal(chmod(path_in(folder, "seal.key"), 0640), 0);
    assert_int_equal(open_as("branch", &kv, &err), BN_E_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unlock__opens_a_store_again_in_its_role, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            unlock__refuses_a_store_of_another_role_and_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unlock__makes_no_new_key_for_a_store_whose_mark_is_lost,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(unlock__refuses_a_key_that_others_may_read, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
