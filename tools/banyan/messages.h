/* messages.h - every sentence of the command line in both languages.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BANYAN_TOOLS_BANYAN_MESSAGES_H
#define BANYAN_TOOLS_BANYAN_MESSAGES_H

#include <banyan/base/buf.h>

typedef enum message_language { LANGUAGE_EN, LANGUAGE_ZH } message_language;

typedef enum message_id {
#define BN_MESSAGE(ID, en, zh) MSG_##ID,
#include "messages.def"
#undef BN_MESSAGE
    MESSAGES_COUNT
} message_id;

const char *message_text(message_language language, message_id id);

/* Appends the sentence with {1}, {2}, ... replaced by the texts; a NULL text is empty. */
void message_append(bn_buf *out, message_language language, message_id id,
                    const char *const *texts, size_t texts_count);

#define MESSAGE_TEXTS(...)                     \
    (const char *const[]){__VA_ARGS__},        \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

#endif
