/* test_evaluation.c - accuracy on public sets, and the same result for every order of their rows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sets are not part of the project: BANYAN_SHARED_DATA names their folder, else
 * ../shared/data beside the project. Skipped where they are not there.
 */
#include "unit/unit.h"

#include "tools/match/commands.h"

#include <banyan/base/check.h>
#include <banyan/protocol/crypto.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 512
#define SKIPPED 77
#define SHUFFLES 20
#define ROOT_BYTES 384

static char data_root[ROOT_BYTES];

typedef struct set {
    const char *files[3];
    size_t files_count;
    const char *map;
    const char *truth;
    const char *truth_file;
    const char *truth_key;
} set;

static const set febrl1 = {{"linkage/febrl1.csv"}, 1, "febrl.map", "rec_id", NULL, NULL};
static const set febrl2 = {{"linkage/febrl2.csv"}, 1, "febrl.map", "rec_id", NULL, NULL};
static const set rldata = {{"linkage/RLdata500.csv"}, 1, "rldata.map", "ent_id", NULL, NULL};
static const set fake = {{"linkage/fake_1000.csv"}, 1, "fake.map", "cluster", NULL, NULL};
static const set sites = {{"linkage/organisations.csv"}, 1, "organisations.map", "True Id", NULL,
                          NULL};
static const set three_sources = {{"linkage/senzing/customers.csv", "linkage/senzing/reference.csv",
                                   "linkage/senzing/watchlist.csv"},
                                  3,
                                  "senzing.map",
                                  "CLUSTER_ID",
                                  "linkage/senzing/actual_truthset_key.csv",
                                  "RECORD_ID,DATA_SOURCE"};

static void evaluate(const set *s, uint64_t shuffle, unsigned threads, measure *out)
{
    char paths[5][PATH_BYTES];
    bn_err err = {.code = BN_OK};
    options o = {.threads = threads};
    o.load = (load_options){.files_count = s->files_count, .truth = s->truth,
                            .truth_key = s->truth_key, .shuffle = shuffle};
    for (size_t i = 0; i < s->files_count; i++) {
        snprintf(paths[i], PATH_BYTES, "%s/%s", data_root, s->files[i]);
        o.load.files[i] = paths[i];
    }
    snprintf(paths[3], PATH_BYTES, BN_TEST_MAPS "/%s", s->map);
    o.load.map = paths[3];
    if (s->truth_file != NULL) {
        snprintf(paths[4], PATH_BYTES, "%s/%s", data_root, s->truth_file);
        o.load.truth_file = paths[4];
    }
    loaded l = {.batch = NULL};
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = NULL;
    assert_ok(load_files(&o.load, &l, &err), err);
    *out = (measure){.records_count = 0};
    assert_ok(run_batch(&l, &o, &epoch, out, &err), err);
    measure_pairs(&l, epoch, out);
    loaded_fini(&l);
}

static void evaluation__reaches_what_was_promised(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const set *set;
        double f1_min;
        double precision_min;
    } promises[] = {{"febrl1", &febrl1, 1.0, 1.0},
                    {"febrl2", &febrl2, 0.998, 0.999},
                    {"RLdata500", &rldata, 0.98, 0.98},
                    {"fake_1000", &fake, 0.94, 0.99},
                    {"organisations", &sites, 0.88, 0.84},
                    {"three sources", &three_sources, 0.78, 0.70}};
    for (size_t i = 0; i < BN_COUNT(promises); i++) {
        measure m;
        evaluate(promises[i].set, 0, 2, &m);
        printf("# %s: F1 %.5f precision %.5f recall %.5f, automatic precision %.5f\n",
               promises[i].name, m.natural.f1, m.natural.precision, m.natural.recall,
               m.automatic.precision);
        if (m.natural.f1 < promises[i].f1_min || m.natural.precision < promises[i].precision_min) {
            fail_msg("%s: F1 %.5f, precision %.5f", promises[i].name, m.natural.f1,
                     m.natural.precision);
        }
        assert_int_equal(m.alarms_count, 0);
    }
}

static void evaluation__gives_one_hash_for_twenty_orders_of_rows(void **state)
{
    (void)state;
    static const set *const sets[] = {&rldata, &three_sources};
    for (size_t i = 0; i < BN_COUNT(sets); i++) {
        measure first;
        evaluate(sets[i], 0, 1, &first);
        for (uint64_t seed = 1; seed <= SHUFFLES; seed++) {
            measure m;
            evaluate(sets[i], seed, 1 + (unsigned)seed % 3, &m);
            assert_memory_equal(first.epoch_hash, m.epoch_hash, sizeof m.epoch_hash);
            assert_memory_equal(first.natural.hash, m.natural.hash, sizeof m.natural.hash);
            assert_memory_equal(first.automatic.hash, m.automatic.hash, sizeof m.automatic.hash);
        }
    }
}

static void evaluation__links_made_up_people_without_a_wrong_one(void **state)
{
    (void)state;
    bn_err err = {.code = BN_OK};
    options o = {.threads = 2};
    loaded l = {.batch = NULL};
    measure m = {.records_count = 0};
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = NULL;
    assert_ok(make_people(20000, 7, &l, &err), err);
    assert_ok(run_batch(&l, &o, &epoch, &m, &err), err);
    assert_true(m.automatic.precision >= 0.9995);
    assert_true(m.natural.recall >= 0.97);
    loaded_fini(&l);
}

int main(void)
{
    bn_err err = {.code = BN_OK};
    const char *root = getenv("BANYAN_SHARED_DATA");
    snprintf(data_root, sizeof data_root, "%s",
             root != NULL ? root : BN_TEST_MAPS "/../../../shared/data");
    char probe[PATH_BYTES];
    snprintf(probe, sizeof probe, "%s/linkage/febrl1.csv", data_root);
    if (access(probe, R_OK) != 0) {
        printf("skipped: no public linkage sets under %s\n", data_root);
        return SKIPPED;
    }
    if (bn_crypto_start(&err) != BN_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluation__reaches_what_was_promised),
        cmocka_unit_test(evaluation__gives_one_hash_for_twenty_orders_of_rows),
        cmocka_unit_test(evaluation__links_made_up_people_without_a_wrong_one),
    };
    return cmocka_run_group_tests_name("match evaluation", tests, NULL, NULL);
}
