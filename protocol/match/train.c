/* train.c - learning m, u and the prior without labels.
 * SPDX-License-Identifier: Apache-2.0
 *
 * EM over the patterns of candidate pairs (m, prior) and of pairs chosen by hash (u), each round:
 *
 *   p(pattern) = prior m / (prior m + (1 - prior) u)
 *   m(level) <- (MATES m0 + sum p) / ...        u(level) <- (STRANGERS u0 + sum (1 - p)) / ...
 *   prior <- sum of p over all candidates / all pairs
 *
 * m0, u0 are the priors of weights.def, so that what is hardly seen stays what is known. Doubles
 * take the four basic operations only, over patterns in ascending order: the result is the same
 * for any order of records and any number of threads. Logarithms are taken on integers.
 */
#include "train.h"

#include <banyan/base/alloc.h>
#include <banyan/base/check.h>

#include <string.h>

#define ROUNDS 40
#define MATES 30          /* weight of m0, in matching pairs */
#define STRANGERS 400     /* weight of u0, in other pairs */
#define U_SHARE_MIN 0.25  /* u never falls below this share of u0 */
#define SEEN_MIN 50       /* agreements in the sample that make the closed form unnecessary */
#define LEVEL_ONE_MAX 0.7 /* m / u of "different" stays below */
#define WHOLE 1000000000000u
#define FIELDS BN_MATCH_FIELD_COUNT

typedef struct table {
    double at[FIELDS][MODEL_LEVELS];
} table;

typedef struct em {
    const sample *sample;
    table m;
    table u;
    table m0;
    table u0;
    double prior;
    uint64_t records_count;
} em;

static bool is_learnt(unsigned field, unsigned level)
{
    return level <= model_top(field) && model_field(field)->level[level].is_learnt;
}

/* Priors of learnt levels, normalised; fixed ones keep what the table says. */
static void start(em *e)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        const field_def *def = model_field(f);
        double m_sum = 0;
        double u_sum = 0;
        for (unsigned l = 1; l <= model_top(f); l++) {
            e->m0.at[f][l] = (double)def->level[l].m_ppm / PPM;
            e->u0.at[f][l] = (double)def->level[l].u_ppm / PPM;
            m_sum += is_learnt(f, l) ? e->m0.at[f][l] : 0;
            u_sum += is_learnt(f, l) ? e->u0.at[f][l] : 0;
        }
        for (unsigned l = 1; l <= model_top(f); l++) {
            e->m0.at[f][l] /= is_learnt(f, l) ? m_sum : 1;
            e->u0.at[f][l] /= is_learnt(f, l) ? u_sum : 1;
        }
    }
    e->m = e->m0;
    e->u = e->u0;
}

static double posterior(const em *e, uint64_t levels)
{
    double m = e->prior;
    double u = 1 - e->prior;
    for (unsigned f = 0; f < FIELDS; f++) {
        unsigned level = levels >> 4 * f & 15u;
        if (level != 0) {
            m *= e->m.at[f][level];
            u *= e->u.at[f][level];
        }
    }
    return m / (m + u);
}

/* Sums p (or 1 - p) of the patterns into the levels they show; returns the sum of p. */
static double count_levels(const em *e, const patterns *p, bool is_match, table *out)
{
    double sum = 0;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < p->count; i++) {
        double chance = posterior(e, p->at[i].levels);
        double share = (is_match ? chance : 1 - chance) * (double)p->at[i].count;
        sum += chance * (double)p->at[i].count;
        for (unsigned f = 0; f < FIELDS; f++) {
            unsigned level = p->at[i].levels >> 4 * f & 15u;
            out->at[f][level] += share;
        }
    }
    return sum;
}

/* Pairs that agree and are no matches, in closed form, where the sample shows too few. */
static void refine_exact(const em *e, const table *matched, table *counts)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        unsigned exact = model_exact(f);
        double seen = 0;
        for (unsigned l = 1; l <= model_top(f); l++) {
            seen += is_learnt(f, l) ? counts->at[f][l] : 0;
        }
        if (e->sample->chance[f] < 0 || counts->at[f][exact] >= SEEN_MIN || seen <= 0) {
            continue;
        }
        double nonnull = (double)e->sample->strangers.pairs_count;
        double share = seen / (nonnull > 0 ? nonnull : 1);
        double equal = e->sample->chance[f] * e->sample->all_pairs * share -
                       matched->at[f][exact] * e->sample->scale;
        double u = equal > 0 ? equal / (e->sample->all_pairs * share) : 0;
        counts->at[f][exact] = u * seen;
    }
}

static void update(table *values, const table *base, const table *counts, double weight)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        double total = weight;
        for (unsigned l = 1; l <= model_top(f); l++) {
            total += is_learnt(f, l) ? counts->at[f][l] : 0;
        }
        for (unsigned l = 1; l <= model_top(f); l++) {
            if (is_learnt(f, l)) {
                values->at[f][l] = (weight * base->at[f][l] + counts->at[f][l]) / total;
            }
        }
    }
}

/* People who are not one but share a thing all the same, per record: housemates, a family's
 * telephone. Pairs chosen by hash meet too few of them, and EM takes them for matches. */
static double kin_per_record(unsigned field)
{
    switch (field) {
    case BN_MATCH_STREET:
        return 1.0;
    case BN_MATCH_PHONE:
        return 0.5;
    case BN_MATCH_EMAIL:
        return 0.25;
    default:
        return 0;
    }
}

/* How far m of the two lowest levels may rise above m0: whole families in one file look like
 * people who change their given name. Birth dates are badly kept in many a file. 0: no bound. */
static double clash_growth(unsigned field)
{
    switch (field) {
    case BN_MATCH_GIVEN:
        return 1.5;
    case BN_MATCH_FAMILY:
    case BN_MATCH_IDENTITY:
        return 3;
    case BN_MATCH_BORN:
        return 4;
    default:
        return 0;
    }
}

static void guard_m(em *e)
{
    for (unsigned f = 0; f < FIELDS; f++) {
        double growth = clash_growth(f);
        for (unsigned l = 1; l <= 2 && growth > 0; l++) {
            double most = e->m0.at[f][l] * growth;
            e->m.at[f][l] = e->m.at[f][l] > most ? most : e->m.at[f][l];
        }
    }
}

static void guard_u(em *e)
{
    double records = (double)e->records_count;
    for (unsigned f = 0; f < FIELDS; f++) {
        for (unsigned l = 2; l <= model_top(f); l++) {
            double least = e->u0.at[f][l] * U_SHARE_MIN;
            double kin = l + 2 > model_exact(f) ? kin_per_record(f) / records : 0;
            least = kin > least ? kin : least;
            if (is_learnt(f, l) && e->u.at[f][l] < least) {
                e->u.at[f][l] = least;
            }
        }
    }
}

static void run_round(em *e)
{
    table matched;
    table others;
    double found = count_levels(e, &e->sample->candidates, true, &matched);
    count_levels(e, &e->sample->strangers, false, &others);
    refine_exact(e, &matched, &others);
    update(&e->m, &e->m0, &matched, MATES);
    update(&e->u, &e->u0, &others, STRANGERS);
    guard_m(e);
    guard_u(e);
    double all = e->sample->all_pairs > 1 ? e->sample->all_pairs : 1;
    double prior = (found * e->sample->scale + 0.5) / (all + 1);
    e->prior = prior > 0.25 ? 0.25 : prior;
}

/* Weights rise with the level: neighbours that do not are made one (pool adjacent violators). */
static void make_monotone(em *e, unsigned f)
{
    unsigned first[MODEL_LEVELS];
    double m[MODEL_LEVELS];
    double u[MODEL_LEVELS];
    unsigned pools = 0;
    for (unsigned l = 1; l <= model_exact(f); l++) {
        first[pools] = l;
        m[pools] = e->m.at[f][l];
        u[pools] = e->u.at[f][l];
        pools++;
        while (pools > 1 && m[pools - 1] * u[pools - 2] < m[pools - 2] * u[pools - 1]) {
            pools--;
            m[pools - 1] += m[pools];
            u[pools - 1] += u[pools];
        }
    }
    for (unsigned p = 0; p < pools; p++) {
        unsigned end = p + 1 < pools ? first[p + 1] : model_exact(f) + 1;
        for (unsigned l = first[p]; l < end; l++) {
            e->m.at[f][l] = e->u.at[f][l] * (m[p] / u[p]);
        }
    }
}

static int32_t log2_of(double share)
{
    uint64_t units = (uint64_t)(share * (double)WHOLE + 0.5);
    return bn_log2_ratio(units > 0 ? units : 1, WHOLE);
}

void train_weights(const sample *s, bn_epoch *epoch)
{
    em e = {.sample = s, .records_count = epoch->records_count > 0 ? epoch->records_count : 1};
    start(&e);
    double n = (double)epoch->records_count;
    e.prior = n > 1 ? 0.3 * n / (n * (n - 1) / 2) : 0.25;
    e.prior = e.prior > 0.25 ? 0.25 : e.prior;
    for (int round = 0; round < ROUNDS; round++) {
        run_round(&e);
    }
    for (unsigned f = 0; f < FIELDS; f++) {
        make_monotone(&e, f);
        double most = e.u.at[f][1] * LEVEL_ONE_MAX;
        e.m.at[f][1] = e.m.at[f][1] > most ? most : e.m.at[f][1];
        for (unsigned l = 1; l <= model_top(f); l++) {
            if (is_learnt(f, l)) {
                epoch->m[f][l] = log2_of(e.m.at[f][l]);
                epoch->u[f][l] = log2_of(e.u.at[f][l]);
            }
        }
    }
    double odds = e.prior / (1 - e.prior);
    epoch->prior = log2_of(odds);
}

bn_rc bn_batch_train(bn_batch *batch, const uint8_t secret[BN_BLOCK_SECRET_BYTES],
                     unsigned threads, bn_epoch **out, bn_err *err)
{
    BN_ASSERT(batch->is_sealed);
    threads = threads < 1 ? 1 : threads > BN_BATCH_THREADS_MAX ? BN_BATCH_THREADS_MAX : threads;
    BN_AUTO(bn_epoch_destroy) bn_epoch *epoch = model_create(batch->count);
    if (epoch == NULL) {
        return bn_fail(err, BN_E_NO_MEMORY, "no memory for an epoch");
    }
    sample s = {.scale = 1};
    bn_rc rc = train_terms(batch, epoch, s.chance);
    if (rc == BN_OK) {
        rc = train_crowded(batch, epoch, secret, threads);
    }
    if (rc == BN_OK) {
        rc = model_settle(epoch);
    }
    if (rc == BN_OK) {
        rc = bn_batch_pair(batch, epoch, secret, threads, err);
    }
    if (rc == BN_OK) {
        rc = train_sample(batch, epoch, threads, &s);
    }
    if (rc == BN_OK) {
        train_weights(&s, epoch);
        rc = model_settle(epoch);
    }
    train_sample_fini(&s);
    if (rc != BN_OK) {
        return bn_fail(err, rc, "training on %u records", batch->count);
    }
    *out = BN_TAKE(epoch);
    return BN_OK;
}
