/* surname.c - compound surnames and surnames with a reading of their own.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <banyan/protocol/match/pinyin.h>

#include "points.h"
#include "surname.h"

#include <banyan/base/check.h>

#include <string.h>

/* 梁丘 and other pairs that begin with a common surname are left out: the head of 梁丘实 is 梁. */
static const char *const compounds[] = {
    "欧阳", "上官", "司马", "司徒", "司空", "司寇", "诸葛", "皇甫", "尉迟", "万俟", "令狐",
    "东方", "西门", "南宫", "南门", "东郭", "东门", "北宫", "夏侯", "慕容", "宇文", "长孙",
    "公孙", "仲孙", "叔孙", "季孙", "王孙", "颛孙", "轩辕", "钟离", "端木", "百里", "呼延",
    "赫连", "澹台", "濮阳", "淳于", "单于", "鲜于", "申屠", "太史", "太叔", "公冶", "公羊",
    "公西", "公良", "公输", "公仪", "闻人", "闾丘", "左丘", "宗政", "宰父", "亓官", "巫马",
    "漆雕", "乐正", "壤驷", "拓跋", "夹谷", "谷梁", "段干", "羊舌", "微生", "第五", "独孤",
    "完颜", "纳兰", "耶律", "贺兰", "贺若", "尔朱", "达奚", "屈突", "哥舒", "子车", "伯赏",
    "爱新觉罗", "叶赫那拉",
};

/* The first reading is the surname's; others are heard in some families or regions. */
static const struct {
    char surname[16];
    const char *reading;
} readings[] = {
    {"曾", "zeng"}, {"单", "shan"}, {"解", "xie"}, {"仇", "qiu"}, {"区", "ou"}, {"查", "zha"},
    {"盖", "ge gai"}, {"朴", "piao"}, {"翟", "zhai di"}, {"缪", "miao mou"}, {"宓", "mi fu"},
    {"繁", "po"}, {"种", "chong"}, {"员", "yun yuan"}, {"召", "shao zhao"}, {"乐", "yue le"},
    {"覃", "qin tan"}, {"洗", "xian"}, {"冼", "xian"}, {"黑", "he hei"}, {"盛", "sheng"},
    {"燕", "yan"}, {"折", "she"}, {"祭", "zhai"}, {"佴", "nai"}, {"钭", "tou"}, {"乜", "nie"},
    {"牟", "mou mu"}, {"阚", "kan"}, {"郇", "xun huan"}, {"角", "jue"}, {"句", "gou"},
    {"都", "du"}, {"隽", "juan"}, {"谌", "chen shen"}, {"郗", "xi chi"}, {"能", "nai"},
    {"隗", "wei kui"}, {"任", "ren"}, {"华", "hua"}, {"葛", "ge"}, {"卜", "bu"}, {"薄", "bo"},
    {"柏", "bai"}, {"宁", "ning"}, {"石", "shi"}, {"车", "che"}, {"贾", "jia"}, {"沈", "shen"},
    {"尹", "yin"}, {"幺", "yao"}, {"秘", "bi"}, {"费", "fei bi"}, {"尉", "wei yu"},
    {"粘", "nian"}, {"眭", "sui"}, {"镡", "tan chan xin"}, {"撒", "sa"}, {"呙", "guo"},
    {"强", "qiang"}, {"万", "wan"}, {"长", "chang"}, {"适", "kuo shi"}, {"叶", "ye"},
    {"瞿", "qu"}, {"应", "ying"}, {"晁", "chao"}, {"逄", "pang"}, {"重", "chong"},
    {"宿", "su"}, {"伯", "bo"}, {"行", "xing"}, {"朝", "chao"}, {"俞", "yu"}, {"戚", "qi"},
    {"褚", "chu"}, {"靳", "jin"}, {"那", "na"}, {"令", "ling"}, {"大", "da"}, {"会", "gui"},
    {"尉迟", "yu'chi"}, {"万俟", "mo'qi"}, {"长孙", "zhang'sun"}, {"澹台", "tan'tai"},
    {"单于", "chan'yu"}, {"令狐", "ling'hu"}, {"乐正", "yue'zheng"}, {"宰父", "zai'fu"},
    {"拓跋", "tuo'ba"}, {"亓官", "qi'guan"}, {"夹谷", "jia'gu"}, {"颛孙", "zhuan'sun"},
    {"尔朱", "er'zhu"}, {"贺若", "he'ruo"}, {"子车", "zi'ju"}, {"南宫", "nan'gong"},
    {"叶赫那拉", "ye'he'na'la"}, {"爱新觉罗", "ai'xin'jue'luo"},
};

const char *bn_surname_reading(bn_slice surname)
{
    for (size_t i = 0; i < BN_COUNT(readings); i++) {
        if (surname.len >= 3 && memcmp(readings[i].surname, surname.data, 3) == 0 &&
            bn_slice_is(surname, readings[i].surname)) {
            return readings[i].reading;
        }
    }
    return NULL;
}

/* Bytes of `compound` at the head of `name`, whose characters need not be folded; 0 when absent. */
static size_t starts_with_compound(bn_slice name, const char *compound)
{
    bn_slice wanted = bn_slice_of(compound);
    size_t at = 0;
    size_t wanted_at = 0;
    while (wanted_at < wanted.len) {
        if (at >= name.len || bn_hanzi_fold_char(bn_utf8_next(name, &at)) !=
                                  bn_utf8_next(wanted, &wanted_at)) {
            return 0;
        }
    }
    return at;
}

size_t bn_surname_bytes(bn_slice name)
{
    size_t first = 0;
    size_t longest = 0;
    uint32_t head = name.len == 0 ? 0 : bn_hanzi_fold_char(bn_utf8_next(name, &first));
    if (!bn_is_hanzi(head)) {
        return 0;
    }
    const uint8_t head_bytes[3] = {(uint8_t)(0xe0 | (head >> 12 & 15)),
                                   (uint8_t)(0x80 | (head >> 6 & 63)),
                                   (uint8_t)(0x80 | (head & 63))};
    for (size_t at = first; at < name.len;) {
        if (bn_utf8_next(name, &at) == 0xb7) {
            return 0;
        }
    }
    for (size_t i = 0; i < BN_COUNT(compounds); i++) {
        if (memcmp(compounds[i], head_bytes, sizeof head_bytes) != 0) {
            continue; /* nearly all of them, without decoding */
        }
        size_t len = starts_with_compound(name, compounds[i]);
        if (len > longest && len < name.len) {
            longest = len;
        }
    }
    return longest > 0 ? longest : first;
}
