/* names.c - names and sentences of messages and refusals, straight from their tables.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/base/check.h>
#include <banyan/protocol/message.h>

#define NAME_BYTES 16

/* Character `i` of a literal in lower case, as a constant; NUL behind its end. */
#define CHAR_AT(s, i) ((s)[(i) < sizeof(s) ? (i) : sizeof(s) - 1])
#define LOWER_AT(s, i) \
    (char)(CHAR_AT(s, i) >= 'A' && CHAR_AT(s, i) <= 'Z' ? CHAR_AT(s, i) + 32 : CHAR_AT(s, i))
#define LOWER_4(s, i) LOWER_AT(s, i), LOWER_AT(s, i + 1), LOWER_AT(s, i + 2), LOWER_AT(s, i + 3)
#define LOWER(s)                                                    \
    {                                                               \
        LOWER_4(s, 0), LOWER_4(s, 4), LOWER_4(s, 8), LOWER_4(s, 12) \
    }

static const char reject_names[][NAME_BYTES] = {
#define BN_REJECT(NAME, number, text_en, text_zh) [number] = LOWER(#NAME),
#include <banyan/protocol/reject.def>
#undef BN_REJECT
};

static const char *const reject_texts[] = {
#define BN_REJECT(NAME, number, text_en, text_zh) [number] = (text_en),
#include <banyan/protocol/reject.def>
#undef BN_REJECT
};

static const char message_names[][NAME_BYTES] = {
#define BN_MESSAGE(NAME, number, from, summary) [number] = LOWER(#NAME),
#include <banyan/protocol/message.def>
#undef BN_MESSAGE
};

#define BN_REJECT(NAME, number, text_en, text_zh) \
    _Static_assert(sizeof(#NAME) <= NAME_BYTES, "room for the name");
#include <banyan/protocol/reject.def>
#undef BN_REJECT
#define BN_MESSAGE(NAME, number, from, summary) \
    _Static_assert(sizeof(#NAME) <= NAME_BYTES, "room for the name");
#include <banyan/protocol/message.def>
#undef BN_MESSAGE

const char *bn_reject_name(bn_reject reject)
{
    bool known = (size_t)reject < BN_COUNT(reject_names) && reject_names[reject][0] != 0;
    return known ? reject_names[reject] : "unknown";
}

const char *bn_reject_text(bn_reject reject)
{
    bool known = (size_t)reject < BN_COUNT(reject_texts) && reject_texts[reject] != NULL;
    return known ? reject_texts[reject]
                 : "a newer program refuses for a reason this one does not "
                   "know: upgrade this side";
}

const char *bn_message_name(bn_message_type type)
{
    bool known = (size_t)type < BN_COUNT(message_names) && message_names[type][0] != 0;
    return known ? message_names[type] : "unknown";
}
