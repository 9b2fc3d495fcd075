/* settings.h - where a daemon's settings come from, kept so that a reload can read them again.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_CORE_RUNTIME_SETTINGS_H
#define BANYAN_CORE_RUNTIME_SETTINGS_H

#include <banyan/core/daemon.h>

#define SETTINGS_FLAGS_MAX 64

typedef struct settings_flag {
    const char *flag; /* "--log-level" */
    const char *key;  /* "log.level=", put before the value; "" for --set */
    const char *value;
} settings_flag;

typedef struct settings_sources {
    const char *config_path; /* NULL: the program's, if it is there */
    settings_flag flags[SETTINGS_FLAGS_MAX];
    size_t flags_count;
} settings_sources;

/* Reads all sources into a new config. BN_E_INVALID: the report has errors; *out is there even
 * then. *usage is true when one of them is in the flags. */
BN_CHECKED bn_rc settings_load(const bn_program *program, const settings_sources *sources,
                               bn_config_report *report, bn_config **out, bool *usage);

#endif
