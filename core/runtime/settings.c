/* settings.c - where a daemon's settings come from, kept so that a reload can read them again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "settings.h"

#include <banyan/base/check.h>

#include <limits.h>
#include <unistd.h>

static bn_rc set_data_default(const bn_program *program, bn_config *config)
{
    BN_AUTO(bn_buf_fini) bn_buf folder;
    bn_buf_init(&folder, PATH_MAX);
    if (bn_default_data_folder(program->folder, &folder, NULL) != BN_OK) {
        return BN_OK; /* who needs the folder says that there is none */
    }
    bn_rc rc = bn_config_set_default(config, "data", "folder", bn_buf_cstr(&folder), NULL);
    return rc == BN_E_NO_MEMORY ? rc : BN_OK;
}

static bn_rc apply_flag(bn_config *config, const settings_flag *flag, bn_config_report *report)
{
    BN_AUTO(bn_buf_fini) bn_buf assignment;
    bn_buf_init(&assignment, 2 * BN_CONFIG_VALUE_BYTES_MAX);
    bn_buf_printf(&assignment, "%s%s", flag->key, flag->value);
    BN_TRY(bn_buf_status(&assignment) == BN_E_NO_MEMORY ? BN_E_NO_MEMORY : BN_OK);
    return bn_config_assign(config, flag->flag, bn_buf_cstr(&assignment), report);
}

static bn_rc apply_flags(bn_config *config, const settings_sources *sources,
                         bn_config_report *report)
{
    bn_rc rc = BN_OK;
    for (size_t i = 0; i < sources->flags_count && rc != BN_E_NO_MEMORY; i++) {
        bn_rc one = apply_flag(config, &sources->flags[i], report);
        rc = one != BN_OK ? one : rc;
    }
    return rc;
}

static bn_rc load_all(const bn_program *program, const settings_sources *sources,
                      bn_config_report *report, bn_config *config, bool *usage)
{
    BN_TRY(set_data_default(program, config));
    const char *path = sources->config_path;
    if (path == NULL && program->config_path != NULL && access(program->config_path, F_OK) == 0) {
        path = program->config_path;
    }
    bn_rc file = path != NULL ? bn_config_read(config, path, report) : BN_OK;
    bn_rc environment = bn_config_environment(config, environ, report);
    bn_rc flags = apply_flags(config, sources, report);
    if (file == BN_E_NO_MEMORY || environment == BN_E_NO_MEMORY || flags == BN_E_NO_MEMORY) {
        return BN_E_NO_MEMORY;
    }
    *usage = flags != BN_OK;
    return report->errors_count > 0 ? BN_E_INVALID : BN_OK;
}

bn_rc settings_load(const bn_program *program, const settings_sources *sources,
                    bn_config_report *report, bn_config **out, bool *usage)
{
    BN_AUTO(bn_config_destroy) bn_config *config = NULL;
    BN_TRY(bn_config_create(program->keys, program->keys_count, &config));
    bn_rc rc = load_all(program, sources, report, config, usage);
    if (rc == BN_OK || rc == BN_E_INVALID) {
        *out = BN_TAKE(config);
    }
    return rc;
}
