/* main.c - banyan-sim: worlds from seeds, one after the other or on several processes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sim.h"

#include <getopt.h>
#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX 64
#define DIGITS 10

typedef struct sim_command {
    sim_options options;
    uint64_t first, last;
    unsigned jobs;
    bool twice;
    bool both_stores;
    bool json;
    bool keep_going;
    const char *program;
} sim_command;

typedef struct sim_sum { /* what a worker reports */
    sim_stats stats;
    uint64_t seeds, failed, hash;
    int first_invariant;
    uint64_t first_seed;
} sim_sum;

static const char usage[] =
    "usage: banyan-sim [options]\n"
    "  --seed N        one world; the same seed gives the same world\n"
    "  --seeds A..B    all worlds from A to B\n"
    "  --file PATH     the seeds listed in a file, one per line\n"
    "  --branches N    branches (drawn from the seed otherwise)\n"
    "  --ops N         user actions (drawn otherwise)\n"
    "  --trace         print the timeline\n"
    "  --twice         run each seed twice and compare the traces\n"
    "  --lmdb DIR      on real LMDB stores below DIR; compare with memory when --twice is given\n"
    "  --permutations  small worlds: every order of coming back gives the same result\n"
    "  --jobs N        processes\n"
    "  --keep-going    do not stop at the first violation\n"
    "  --json          the summary as JSON\n"
    "  --list          the invariants\n";

static void add(sim_sum *sum, const sim_stats *from)
{
    sim_stats *to = &sum->stats;
    uint64_t *a = (uint64_t *)to;
    const uint64_t *b = (const uint64_t *)from;
    for (size_t i = 0; i < offsetof(sim_stats, crash_names) / sizeof(uint64_t); i++) {
        a[i] += b[i];
    }
    for (size_t i = 0; i < from->crash_points; i++) {
        size_t at = 0;
        while (at < to->crash_points &&
               strcmp(to->crash_names[at], from->crash_names[i]) != 0) {
            at++;
        }
        if (at < SIM_CRASH_POINTS_MAX) {
            memcpy(to->crash_names[at], from->crash_names[i], sizeof to->crash_names[at]);
            to->crash_counts[at] += from->crash_counts[i];
            to->crash_points = at == to->crash_points ? at + 1 : to->crash_points;
        }
    }
}

static void report(const sim_command *command, const sim_world *world)
{
    const sim_options *o = &command->options;
    printf("seed %" PRIu64 " violates invariant %d (%s)\n", world->options.seed,
           world->failed_invariant, sim_check_name(world->failed_invariant));
    printf("  at %" PRIu64 " ms: %s\n", world->now, world->failure);
    printf("  version: %s\n", SIM_DESCRIBE);
    printf("  repeat:  %s --seed %" PRIu64, command->program, world->options.seed);
    if (o->fixed_branches != 0) {
        printf(" --branches %u", o->fixed_branches);
    }
    if (o->fixed_ops != 0) {
        printf(" --ops %u", o->fixed_ops);
    }
    printf("%s%s%s --trace\n", o->lmdb_folder != NULL ? " --lmdb " : "",
           o->lmdb_folder != NULL ? o->lmdb_folder : "",
           o->permutations ? " --permutations" : "");
}

/* One world; the hash of its trace, or 0 after a violation. */
static uint64_t run_once(const sim_command *command, uint64_t seed, bool lmdb, sim_sum *sum)
{
    static sim_world world;
    sim_options options = command->options;
    options.seed = seed;
    options.lmdb_folder = lmdb ? command->options.lmdb_folder : NULL;
    bool passed = options.permutations ? sim_permutations(&world, &options)
                                       : sim_run(&world, &options);
    add(sum, &world.stats);
    uint64_t hash = world.trace_hash | 1;
    if (!passed) {
        report(command, &world);
        (void)fflush(stdout);
        sum->failed++;
        if (sum->first_invariant == 0 && sum->first_seed == 0) {
            sum->first_invariant = world.failed_invariant;
            sum->first_seed = seed;
        }
        hash = 0;
    }
    sim_world_fini(&world);
    return hash;
}

static void run_seed(const sim_command *command, uint64_t seed, sim_sum *sum)
{
    bool lmdb = command->options.lmdb_folder != NULL;
    uint64_t hash = run_once(command, seed, lmdb, sum);
    sum->seeds++;
    sum->hash += hash * seed;
    if (command->twice && hash != 0) {
        uint64_t again = run_once(command, seed, false, sum);
        if (again != hash && again != 0) {
            printf("seed %" PRIu64 " gives two traces: %016" PRIx64 " and %016" PRIx64 "%s\n",
                   seed, hash, again, lmdb ? " (LMDB, memory)" : "");
            sum->failed++;
        }
    }
}

/* Worker `job` of `jobs` takes every jobs-th seed. */
static void work(const sim_command *command, unsigned job, sim_sum *sum)
{
    for (uint64_t seed = command->first + job; seed <= command->last; seed += command->jobs) {
        run_seed(command, seed, sum);
        if (sum->failed > 0 && !command->keep_going) {
            return;
        }
    }
}

static void merge(sim_sum *total, const sim_sum *part)
{
    add(total, &part->stats);
    total->seeds += part->seeds;
    total->hash += part->hash;
    if (part->failed > 0 && (total->failed == 0 || part->first_seed < total->first_seed)) {
        total->first_seed = part->first_seed;
        total->first_invariant = part->first_invariant;
    }
    total->failed += part->failed;
}

static bool read_all(int fd, void *out, size_t len)
{
    uint8_t *bytes = out;
    while (len > 0) {
        ssize_t got = read(fd, bytes, len);
        if (got <= 0) {
            return false;
        }
        bytes += got;
        len -= (size_t)got;
    }
    return true;
}

static void run_jobs(const sim_command *command, sim_sum *total)
{
    int pipes[JOBS_MAX][2];
    pid_t workers[JOBS_MAX];
    (void)fflush(stdout);
    for (unsigned i = 0; i < command->jobs; i++) {
        BN_ASSERT(pipe(pipes[i]) == 0);
        workers[i] = fork();
        BN_ASSERT(workers[i] >= 0);
        if (workers[i] == 0) {
            static sim_sum sum;
            work(command, i, &sum);
            (void)fflush(stdout);
            ssize_t put = write(pipes[i][1], &sum, sizeof sum);
            _exit(put == (ssize_t)sizeof sum ? 0 : 1);
        }
        (void)close(pipes[i][1]);
    }
    for (unsigned i = 0; i < command->jobs; i++) {
        static sim_sum sum;
        int status = 0;
        if (read_all(pipes[i][0], &sum, sizeof sum)) {
            merge(total, &sum);
        }
        (void)close(pipes[i][0]);
        (void)waitpid(workers[i], &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            printf("worker %u ended badly (status %d): run its seeds with --jobs 1\n", i, status);
            total->failed++;
        }
    }
}

/* --- summary -------- */
static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void summary_text(const sim_sum *sum, double took)
{
    const sim_stats *s = &sum->stats;
    printf("seeds %" PRIu64 ", violations %" PRIu64 ", events %" PRIu64 ", %.1f s, %.0f seeds/s, "
           "traces %016" PRIx64 "\n", sum->seeds, sum->failed, s->events, took,
           (double)sum->seeds / took, sum->hash);
    printf("frames %" PRIu64 ": lost %" PRIu64 ", late %" PRIu64 ", copied %" PRIu64
           ", blocked %" PRIu64 "\n", s->frames, s->frames_lost, s->frames_late,
           s->frames_copied, s->frames_blocked);
    printf("faults: cuts %" PRIu64 ", crashes %" PRIu64 ", clock jumps %" PRIu64 ", pauses %"
           PRIu64 ", revocations %" PRIu64 ", full disks %" PRIu64 ", forged ops %" PRIu64 "\n",
           s->cuts, s->crashes, s->clock_jumps, s->pauses, s->revocations, s->no_space,
           s->forged);
    printf("work: saves %" PRIu64 ", refused %" PRIu64 ", stale forms %" PRIu64 ", commits %"
           PRIu64 ", conflicts %" PRIu64 ", resolutions %" PRIu64 "\n", s->saves,
           s->saves_refused, s->saves_stale, s->commits, s->conflicts, s->resolutions);
    printf("crash points:");
    for (size_t i = 0; i < s->crash_points; i++) {
        printf(" %s %" PRIu64 "%s", s->crash_names[i], s->crash_counts[i],
               i + 1 < s->crash_points ? "," : "");
    }
    printf("\n");
}

static void summary_json(const sim_sum *sum, double took)
{
    const sim_stats *s = &sum->stats;
    printf("{\"seeds\":%" PRIu64 ",\"violations\":%" PRIu64 ",\"first_seed\":%" PRIu64
           ",\"first_invariant\":%d,\"events\":%" PRIu64 ",\"seconds\":%.2f,\"frames\":%" PRIu64
           ",\"lost\":%" PRIu64 ",\"late\":%" PRIu64 ",\"copied\":%" PRIu64 ",\"blocked\":%" PRIu64
           ",\"cuts\":%" PRIu64 ",\"crashes\":%" PRIu64 ",\"clock_jumps\":%" PRIu64
           ",\"commits\":%" PRIu64 ",\"conflicts\":%" PRIu64 ",\"crash_points\":{",
           sum->seeds, sum->failed, sum->first_seed, sum->first_invariant, s->events, took,
           s->frames, s->frames_lost, s->frames_late, s->frames_copied, s->frames_blocked, s->cuts,
           s->crashes, s->clock_jumps, s->commits, s->conflicts);
    for (size_t i = 0; i < s->crash_points; i++) {
        printf("%s\"%s\":%" PRIu64, i > 0 ? "," : "", s->crash_names[i], s->crash_counts[i]);
    }
    printf("}}\n");
}

/* --- options -------- */
static uint64_t number(const char *text)
{
    char *end = NULL;
    uint64_t parsed = strtoull(text, &end, DIGITS);
    if (end == text || *end != '\0') {
        (void)fprintf(stderr, "not a number: %s\n", text);
        exit(2);
    }
    return parsed;
}

static void range(const char *text, sim_command *command)
{
    char copy[64];
    (void)snprintf(copy, sizeof copy, "%s", text);
    char *dots = strstr(copy, "..");
    if (dots == NULL) {
        (void)fprintf(stderr, "--seeds takes A..B\n");
        exit(2);
    }
    *dots = '\0';
    command->first = number(copy);
    command->last = number(dots + 2);
}

static const char *parse(int argc, char **argv, sim_command *command)
{
    static const struct option names[] = {
        {"seed", 1, NULL, 's'},   {"seeds", 1, NULL, 'S'},  {"file", 1, NULL, 'f'},
        {"branches", 1, NULL, 'b'}, {"ops", 1, NULL, 'o'},  {"trace", 0, NULL, 't'},
        {"twice", 0, NULL, '2'},  {"lmdb", 1, NULL, 'l'},   {"permutations", 0, NULL, 'p'},
        {"jobs", 1, NULL, 'j'},   {"keep-going", 0, NULL, 'k'}, {"json", 0, NULL, 'J'},
        {"list", 0, NULL, 'L'},   {"help", 0, NULL, 'h'},   {NULL, 0, NULL, 0}};
    const char *file = NULL;
    int c;
    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (c) {
        case 's':
            command->first = command->last = number(optarg);
            break;
        case 'S':
            range(optarg, command);
            break;
        case 'f':
            file = optarg;
            break;
        case 'b':
            command->options.fixed_branches = (unsigned)number(optarg);
            break;
        case 'o':
            command->options.fixed_ops = (unsigned)number(optarg);
            break;
        case 't':
            command->options.trace = true;
            break;
        case '2':
            command->twice = true;
            break;
        case 'l':
            command->options.lmdb_folder = optarg;
            break;
        case 'p':
            command->options.permutations = true;
            break;
        case 'j':
            command->jobs = (unsigned)number(optarg);
            break;
        case 'k':
            command->keep_going = true;
            break;
        case 'J':
            command->json = true;
            break;
        case 'L':
            sim_check_list();
            exit(0);
        default:
            (void)fputs(usage, c == 'h' ? stdout : stderr);
            exit(c == 'h' ? 0 : 2);
        }
    }
    return file;
}

static void run_file(const sim_command *command, const char *path, sim_sum *total)
{
    char line[256];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] >= '0' && line[0] <= '9') {
            run_seed(command, strtoull(line, NULL, DIGITS), total);
        }
    }
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    static sim_sum total;
    sim_command command = {.first = 1, .last = 100, .jobs = 1, .program = argv[0]};
    bn_err err = {0};
    const char *file = parse(argc, argv, &command);
    if (command.jobs == 0 || command.jobs > JOBS_MAX ||
        command.options.fixed_branches > SIM_BRANCHES_MAX || command.last < command.first) {
        (void)fprintf(stderr, "1 to %d jobs, at most %d branches\n", JOBS_MAX, SIM_BRANCHES_MAX);
        return 2;
    }
    if (bn_crypto_start(&err) != BN_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    double began = seconds();
    if (command.options.trace) {
        printf("   seconds.ms node   what      detail\n"
               "send/sent leaves branch/server, arrive/recv reaches it; copy-* is a late copy;\n"
               "die and full are commits that fail, crash drops the node, open reopens it\n");
    }
    if (file != NULL) {
        run_file(&command, file, &total);
    } else if (command.jobs > 1) {
        run_jobs(&command, &total);
    } else {
        work(&command, 0, &total);
    }
    double took = seconds() - began;
    (command.json ? summary_json : summary_text)(&total, took);
    return total.failed > 0 ? 1 : 0;
}
