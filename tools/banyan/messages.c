/* messages.c - sentences with numbered gaps.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "messages.h"

#include <banyan/base/check.h>

#include <string.h>

static const struct {
    const char *en;
    const char *zh;
} sentences[MESSAGES_COUNT] = {
#define BN_MESSAGE(ID, en_text, zh_text) [MSG_##ID] = {.en = (en_text), .zh = (zh_text)},
#include "messages.def"
#undef BN_MESSAGE
};

const char *message_text(message_language language, message_id id)
{
    BN_ASSERT(id < MESSAGES_COUNT);
    return language == LANGUAGE_ZH ? sentences[id].zh : sentences[id].en;
}

void message_append(bn_buf *out, message_language language, message_id id,
                    const char *const *texts, size_t texts_count)
{
    const char *at = message_text(language, id);
    for (;;) {
        const char *gap = strchr(at, '{');
        if (gap == NULL) {
            bn_buf_append_text(out, at);
            return;
        }
        bn_buf_append(out, at, (size_t)(gap - at));
        size_t number = (size_t)(gap[1] - '1');
        BN_ASSERT(gap[1] >= '1' && gap[1] <= '9' && gap[2] == '}' && number < texts_count);
        bn_buf_append_text(out, texts[number] != NULL ? texts[number] : "");
        at = gap + 3;
    }
}
