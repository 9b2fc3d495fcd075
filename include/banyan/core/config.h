/* config.h - settings from one table: defaults, files, environment, flags, help and examples.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   # comment
 *   [section]
 *   key = value            # a blank before '#' starts a comment
 *   key = "a # b \" c"     # quoted: \" and \\ are the only escapes
 *
 * A program gives one array of bn_config_key; everything else follows from it. Precedence is
 * flag > environment (BANYAN_SECTION_KEY) > file > default, whatever order they are read in; a
 * drop-in FILE.d/NAME.conf overrides FILE, in byte order of the names. An unknown section or key,
 * a key given twice in one file and a value out of its range are errors, each one line of the
 * report:
 *
 *   /etc/banyan/server.conf:7: log.levl: unknown key (did you mean level?)
 *
 * Secrets are never values: a setting names the file that holds one.
 */
#ifndef BANYAN_CORE_CONFIG_H
#define BANYAN_CORE_CONFIG_H

#include <banyan/base/buf.h>
#include <banyan/base/err.h>
#include <banyan/base/slice.h>

#define BN_CONFIG_KEYS_MAX 256
#define BN_CONFIG_FILE_BYTES_MAX (1024 * 1024)
#define BN_CONFIG_VALUE_BYTES_MAX 4096
#define BN_CONFIG_DROPINS_MAX 64
#define BN_CONFIG_REPORT_LINES_MAX 100

typedef enum bn_config_type {
    BN_CONFIG_TEXT,     /* UTF-8 without control characters; min and max count bytes */
    BN_CONFIG_INT,      /* min..max */
    BN_CONFIG_BOOL,     /* true yes on / false no off */
    BN_CONFIG_DURATION, /* 250ms 30s 5m 2h 7d; number and bounds in milliseconds */
    BN_CONFIG_SIZE,     /* 512 64KiB 64MiB 1GiB 2TiB; number and bounds in bytes */
    BN_CONFIG_PATH,     /* file or folder */
    BN_CONFIG_ENDPOINT, /* tcp://HOST:PORT, tcp://[V6]:PORT, HOST:PORT or ipc:///PATH */
    BN_CONFIG_CHOICE    /* one of choices, parted by '|'; number is its index */
} bn_config_type;

enum {
    BN_CONFIG_RELOADABLE = 1, /* SIGHUP applies a new value; others name themselves in the log */
    BN_CONFIG_SECRET = 2,     /* never printed */
    BN_CONFIG_DEPRECATED = 4  /* a warning that names replaced_by, whose value it sets */
};

typedef struct bn_config_key {
    const char *section;
    const char *name;
    bn_config_type type;
    const char *fallback; /* the default as text; "" means "not set", which numbers, booleans and
                             choices accept only when it is their default */
    int64_t min;
    int64_t max;             /* min == max == 0: no bounds beyond the type's own */
    const char *choices;     /* "text|json" */
    unsigned flags;
    const char *replaced_by; /* "section.name" of the successor of a deprecated key */
    const char *help_en;
    const char *help_zh;
} bn_config_key;

/* What the reader found, one line per finding. */
typedef struct bn_config_report {
    bn_buf text; /* lines "file:line: section.key: reason\n" */
    unsigned errors_count;
    unsigned warnings_count;
} bn_config_report;

void bn_config_report_init(bn_config_report *report);
void bn_config_report_fini(bn_config_report *report);

typedef struct bn_config bn_config;

/* keys[0..count) is borrowed for the life of the result. A default that its own row refuses, a
 * row named twice or a successor that does not exist is our mistake and asserts. */
BN_CHECKED bn_rc bn_config_create(const bn_config_key *keys, size_t count, bn_config **out);
void bn_config_destroy(bn_config **config);

/* Each source adds its findings to `report` and returns BN_E_INVALID when one was an error. What
 * was right is set even so, that one run may find all errors. */

/* FILE and FILE.d/NAME.conf. BN_E_NOT_FOUND when FILE is not there, BN_E_IO when unreadable. */
BN_CHECKED bn_rc bn_config_read(bn_config *config, const char *path, bn_config_report *report);

/* The text of one file; `name` is what findings call it. */
BN_CHECKED bn_rc bn_config_parse(bn_config *config, const char *name, bn_slice text,
                                 bn_config_report *report);

/* BANYAN_SECTION_KEY of environment[], NULL-terminated; '-' of a name is '_', and an empty
 * variable is as good as none. */
BN_CHECKED bn_rc bn_config_environment(bn_config *config, char *const *environment,
                                       bn_config_report *report);

/* "section.key=value" as --set gives it; `flag` is what findings call it. */
BN_CHECKED bn_rc bn_config_assign(bn_config *config, const char *flag, const char *assignment,
                                  bn_config_report *report);

/* A default only the program knows at run time, such as the data folder. */
BN_CHECKED bn_rc bn_config_set_default(bn_config *config, const char *section, const char *name,
                                       const char *value, bn_err *err);

/* Takes the reloadable values of `fresh` over (same table), leaving the old ones there. Appends
 * "section.key" of what changed, parted by ',', to `applied` or, when only a restart helps, to
 * `waiting`; nothing else changes. */
void bn_config_adopt(bn_config *config, bn_config *fresh, bn_buf *applied, bn_buf *waiting);

/* Values; a name that is not in the table, or asked for as the wrong type, asserts. Texts are
 * borrowed until the config changes; "not set" is "" or 0 or false. */
const char *bn_config_text(const bn_config *config, const char *section, const char *name);
int64_t bn_config_int(const bn_config *config, const char *section, const char *name);
bool bn_config_bool(const bn_config *config, const char *section, const char *name);
uint64_t bn_config_ms(const bn_config *config, const char *section, const char *name);
size_t bn_config_bytes(const bn_config *config, const char *section, const char *name);
size_t bn_config_choice(const bn_config *config, const char *section, const char *name);

/* "default", "FILE:LINE", "environment BANYAN_...", "flag --..."; borrowed likewise. */
const char *bn_config_origin(const bn_config *config, const char *section, const char *name);
bool bn_config_is_set(const bn_config *config, const char *section, const char *name);

/* Every value and where it came from, as a file that reads back to the same values; a secret is
 * masked in a comment. */
void bn_config_print(const bn_config *config, bn_buf *out);

/* An annotated example file: each key with help, type, range and default, commented out. */
typedef enum bn_config_language { BN_CONFIG_EN, BN_CONFIG_ZH } bn_config_language;
void bn_config_example(const bn_config_key *keys, size_t count, bn_config_language language,
                       bn_buf *out);

/* The scalars by themselves, for other readers of the same notation. BN_E_INVALID, BN_E_LIMIT. */
BN_CHECKED bn_rc bn_duration_parse(bn_slice text, int64_t *ms, bn_err *err);
BN_CHECKED bn_rc bn_size_parse(bn_slice text, int64_t *bytes, bn_err *err);

#endif
