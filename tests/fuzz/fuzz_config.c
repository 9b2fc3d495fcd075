/* fuzz_config.c - the settings reader on any bytes, and what it prints read back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/core/config.h>

#define HELP .help_en = "help", .help_zh = "说明"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const bn_config_key keys[] = {
    {"log", "level", BN_CONFIG_CHOICE, "info", .choices = "error|warn|info|debug", HELP},
    {"log", "file", BN_CONFIG_PATH, "", HELP},
    {"sync", "endpoint", BN_CONFIG_ENDPOINT, "", HELP},
    {"sync", "size", BN_CONFIG_SIZE, "1KiB", .min = 1, .max = 1 << 20, HELP},
    {"sync", "silence", BN_CONFIG_DURATION, "30s", HELP},
    {"sync", "workers", BN_CONFIG_INT, "2", .min = -8, .max = 8, HELP},
    {"sync", "enabled", BN_CONFIG_BOOL, "true", HELP},
    {"branch", "name", BN_CONFIG_TEXT, "", HELP},
    {"branch", "title", BN_CONFIG_TEXT, "", .flags = BN_CONFIG_DEPRECATED,
     .replaced_by = "branch.name", HELP},
};

static void check_round_trip(const bn_config *config)
{
    bn_config *again = NULL;
    bn_config_report report;
    bn_buf printed;
    bn_config_report_init(&report);
    bn_buf_init(&printed, 1 << 20);
    bn_config_print(config, &printed);
    bn_rc rc = bn_config_create(keys, BN_COUNT(keys), &again);
    BN_ASSERT(rc == BN_OK);
    rc = bn_config_parse(again, "printed", bn_buf_slice(&printed), &report);
    BN_ASSERT(rc == BN_OK);
    for (size_t i = 0; i < BN_COUNT(keys); i++) {
        bn_slice before = bn_slice_of(bn_config_text(config, keys[i].section, keys[i].name));
        BN_ASSERT(bn_slice_is(before, bn_config_text(again, keys[i].section, keys[i].name)));
    }
    bn_config_report_fini(&report);
    bn_buf_fini(&printed);
    bn_config_destroy(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    bn_config *config = NULL;
    bn_config_report report;
    bn_config_report_init(&report);
    bn_rc rc = bn_config_create(keys, BN_COUNT(keys), &config);
    BN_ASSERT(rc == BN_OK);
    rc = bn_config_parse(config, "fuzz", bn_slice_make(bytes, len), &report);
    BN_ASSERT((rc == BN_OK) == (report.errors_count == 0));
    check_round_trip(config);
    bn_config_report_fini(&report);
    bn_config_destroy(&config);
    return 0;
}
