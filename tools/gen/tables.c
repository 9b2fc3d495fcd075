/* tables.c - picks from the word tables by weight.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tables.h"

#include <banyan/base/check.h>

#include <string.h>

typedef struct surname {
    gen_hanzi word;
    uint32_t weight;
} surname;

typedef struct given {
    gen_hanzi word;
    gen_sex sex;
    uint32_t weights[GEN_GENERATIONS];
} given;

static const surname surnames[] = {
#define GEN_SURNAME(simplified, traditional, pinyin, weight) \
    {{simplified, traditional, pinyin}, weight},
#include "surnames.inc"
#undef GEN_SURNAME
};

#define F GEN_FEMALE
#define M GEN_MALE
#define B GEN_BOTH
static const given givens[] = {
#define GEN_GIVEN(simplified, traditional, pinyin, sex, a, b, c, d) \
    {{simplified, traditional, pinyin}, sex, {a, b, c, d}},
#include "given.inc"
#undef GEN_GIVEN
};
#undef F
#undef M
#undef B

static const gen_area areas[] = {
#define GEN_AREA(code, province, city, district, dialling, postcode, latin) \
    {code, province, city, district, dialling, postcode, latin},
#include "areas.inc"
#undef GEN_AREA
};

static const char *const western_male[] = {
    "James", "John", "Robert", "Michael", "William", "David", "Richard", "Joseph", "Thomas",
    "Charles", "Daniel", "Matthew", "Anthony", "Mark", "Steven", "Paul", "Andrew", "Joshua",
    "Kenneth", "Kevin", "Brian", "George", "Edward", "Ronald", "Timothy", "Jason", "Jeffrey",
    "Peter", "Martin", "Karel", "Jan", "Pedro", "Stefan", "Lars", "Pierre", "Marco",
};
static const char *const western_female[] = {
    "Mary", "Patricia", "Jennifer", "Linda", "Elizabeth", "Barbara", "Susan", "Jessica", "Sarah",
    "Karen", "Lisa", "Nancy", "Margaret", "Sandra", "Ashley", "Kimberly", "Emily", "Donna",
    "Michelle", "Carol", "Amanda", "Melissa", "Deborah", "Stephanie", "Rebecca", "Laura",
    "Katherine", "Anna", "Eva", "Maria", "Sofia", "Ingrid", "Claire", "Giulia", "Helena", "Marta",
};
static const char *const western_last[] = {
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez",
    "Martinez", "Hernandez", "Lopez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson",
    "Martin", "Lee", "Thompson", "White", "Harris", "Clark", "Lewis", "Robinson", "Walker", "Young",
    "Allen", "King", "Wright", "Scott", "Hill", "Green", "Adams", "Nelson", "Baker", "Hall",
    "Campbell", "Mitchell", "Carter", "Roberts", "Novak", "Silva", "Schmidt", "Jensen", "Dubois",
    "Rossi", "O'Brien", "van Dyke", "MacDonald", "Svoboda", "Kowalski", "Ferreira",
};
static const char *const western_streets[] = {
    "Main Street", "Church Street", "High Street", "Station Road", "Park Avenue", "Oak Lane",
    "Maple Drive", "Elm Street", "Mill Road", "School Lane", "Victoria Road", "King Street",
    "Queen Street", "Bridge Street", "Green Lane", "Manor Road", "River Road", "Hill Street",
};
static const char *const western_cities[] = {
    "London", "Manchester", "Leeds", "Dublin", "Sydney", "Toronto", "Boston", "Chicago", "Prague",
    "Lisbon", "Porto", "Vienna", "Hamburg", "Lyon", "Milan", "Copenhagen",
};
static const char *const streets[] = {
    "人民路", "中山路", "解放路", "建设路", "和平路", "新华路", "文化路", "胜利路", "朝阳路",
    "迎宾大道", "学府路", "滨江路", "长江路", "黄河路", "北京路", "南京路", "花园路", "健康路",
    "工业大道", "体育路", "青年路", "光明路", "幸福路", "团结路", "友谊路", "永安街", "东风路",
};
static const char *const occupations[] = {
    "teacher", "engineer", "nurse", "doctor", "driver", "accountant", "farmer", "shop owner",
    "civil servant", "student", "retired", "sales", "designer", "cook", "worker", "manager",
};
static const char *const mail_hosts[] = {
    "example.com", "example.org", "example.net", "mail.example.com", "post.example.cn",
};
static const char *const trades[] = {
    "科技", "贸易", "建材", "机械", "餐饮", "物流", "电子", "服装", "化工", "食品", "医药", "印刷",
    "广告", "装饰", "农业", "能源", "教育", "软件",
};
static const char *const marks[] = {
    "恒泰", "华信", "金源", "鼎盛", "瑞丰", "宏达", "中兴隆", "博远", "天成", "锦程", "新纪元", "汇通",
    "永利", "安达", "德润", "嘉禾", "盛世", "远大", "同创", "万方", "东晟", "海纳", "卓越", "启明",
};
static const char *const mobile_heads[] = {
    "130", "131", "132", "133", "134", "135", "136", "137", "138", "139", "150", "151", "152",
    "153", "155", "156", "157", "158", "159", "176", "177", "178", "180", "181", "182", "183",
    "184", "185", "186", "187", "188", "189",
};
static const gen_nickname nicknames[] = {
    {"William", "Bill"},    {"Robert", "Bob"},     {"Richard", "Dick"},    {"Elizabeth", "Liz"},
    {"Margaret", "Peggy"},  {"James", "Jim"},      {"Thomas", "Tom"},      {"Michael", "Mike"},
    {"Katherine", "Kate"},  {"Edward", "Ted"},     {"Charles", "Chuck"},   {"Joseph", "Joe"},
    {"Deborah", "Debbie"},  {"Patricia", "Patty"}, {"Jennifer", "Jenny"},  {"Andrew", "Andy"},
    {"Rebecca", "Becky"},   {"Stephanie", "Steph"},
};

static uint32_t surname_sums[BN_COUNT(surnames)];
static uint32_t given_sums[2][GEN_GENERATIONS][BN_COUNT(givens)];

void gen_tables_prepare(void)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < BN_COUNT(surnames); i++) {
        sum += surnames[i].weight;
        surname_sums[i] = sum;
    }
    for (unsigned sex = 0; sex < 2; sex++) {
        for (size_t generation = 0; generation < GEN_GENERATIONS; generation++) {
            sum = 0;
            for (size_t i = 0; i < BN_COUNT(givens); i++) {
                bool fits = givens[i].sex == GEN_BOTH || (unsigned)givens[i].sex == sex;
                sum += fits ? givens[i].weights[generation] : 0;
                given_sums[sex][generation][i] = sum;
            }
        }
    }
}

const gen_hanzi *gen_pick_surname(dice *d)
{
    return &surnames[dice_pick(d, surname_sums, BN_COUNT(surnames))].word;
}

const gen_hanzi *gen_pick_given(dice *d, gen_sex sex, unsigned birth_year)
{
    size_t generation = birth_year < 1960 ? 0 : birth_year < 1980 ? 1 : birth_year < 2000 ? 2 : 3;
    const uint32_t *sums = given_sums[sex == GEN_MALE][generation];
    return &givens[dice_pick(d, sums, BN_COUNT(givens))].word;
}

const gen_area *gen_pick_area(dice *d)
{
    return &areas[dice_below(d, BN_COUNT(areas))];
}

/* The earlier a word stands, the more often it is taken: the smaller of two throws. */
static const char *pick_leaning(dice *d, const char *const *words, size_t count)
{
    uint32_t a = dice_below(d, (uint32_t)count);
    uint32_t b = dice_below(d, (uint32_t)count);
    return words[a < b ? a : b];
}

#define PICK(d, words) pick_leaning((d), (words), BN_COUNT(words))

const char *gen_pick_western_first(dice *d, gen_sex sex)
{
    return sex == GEN_MALE ? PICK(d, western_male) : PICK(d, western_female);
}

const char *gen_pick_western_last(dice *d)
{
    return PICK(d, western_last);
}

const char *gen_pick_western_street(dice *d)
{
    return PICK(d, western_streets);
}

const char *gen_pick_western_city(dice *d)
{
    return PICK(d, western_cities);
}

const char *gen_pick_street(dice *d)
{
    return PICK(d, streets);
}

const char *gen_pick_occupation(dice *d)
{
    return PICK(d, occupations);
}

const char *gen_pick_mail_host(dice *d)
{
    return PICK(d, mail_hosts);
}

const char *gen_pick_trade(dice *d)
{
    return PICK(d, trades);
}

const char *gen_pick_mark(dice *d)
{
    return PICK(d, marks);
}

const char *gen_pick_mobile_head(dice *d)
{
    return mobile_heads[dice_below(d, BN_COUNT(mobile_heads))];
}

const char *gen_nickname_of(const char *first)
{
    for (size_t i = 0; i < BN_COUNT(nicknames); i++) {
        if (strcmp(nicknames[i].name, first) == 0) {
            return nicknames[i].nick;
        }
    }
    return NULL;
}
