/* config_private.h - what the files of the settings share: the values, and one door to set them.
 * SPDX-License-Identifier: Apache-2.0
 *
 *   config.c        the table, precedence, reading values back, adopting a reload
 *   config_value.c  text <-> number of each type
 *   config_read.c   files, environment, flags
 *   config_print.c  effective values and the example file
 */
#ifndef BANYAN_CORE_RUNTIME_CONFIG_PRIVATE_H
#define BANYAN_CORE_RUNTIME_CONFIG_PRIVATE_H

#include <banyan/core/config.h>

#define CONFIG_NUMBER_BYTES 40
#define CONFIG_WHERE_BYTES_MAX 512

/* Low to high: a value is replaced by one of its own rank or a higher one. */
typedef enum config_rank { RANK_DEFAULT, RANK_FILE, RANK_ENVIRONMENT, RANK_FLAG } config_rank;

typedef struct config_value {
    char *text;
    char *origin; /* NULL: "default" */
    int64_t number;
    config_rank rank;
    unsigned seen_file; /* the last file that named this key, and where: 0 is none */
    unsigned seen_line;
} config_value;

struct bn_config {
    const bn_config_key *keys;
    config_value *values; /* values[0..count), beside keys[] */
    size_t count;
    unsigned files_count;
};

/* Where a value comes from, while one source is read. */
typedef struct config_place {
    config_rank rank;
    const char *where; /* "file:7", "environment BANYAN_LOG_LEVEL", "flag --set" */
    unsigned line;     /* RANK_FILE only */
} config_place;

/* Index in keys[], or count. */
size_t config_find(const bn_config *config, bn_slice section, bn_slice name);

/* Checks and sets one value; findings go to the report, so only BN_E_NO_MEMORY comes back. */
BN_CHECKED bn_rc config_set(bn_config *config, size_t index, bn_slice value,
                            const config_place *place, bn_config_report *report);

/* Does the key accept the text? *number is its meaning. The message names no secret. */
BN_CHECKED bn_rc config_value_parse(const bn_config_key *key, bn_slice text, int64_t *number,
                                    bn_err *err);
void config_number_format(bn_config_type type, int64_t number, char out[CONFIG_NUMBER_BYTES]);

/* Adds a line to the report. `section` and `name` may be empty. */
void config_error(bn_config_report *report, const char *where, bn_slice section, bn_slice name,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
void config_warning(bn_config_report *report, const char *where, bn_slice section, bn_slice name,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The start of a text as a message may show it, quoted and cut between characters. */
#define CONFIG_SHOWN_BYTES 80
void config_show(bn_slice text, char out[CONFIG_SHOWN_BYTES]);

#endif
