/* sim.c - runs the simulation and prints TAP.
 *
 *   sim [--runs N] [--seed S] [--break RULE]   N random worlds from seed S on
 *   sim --seed S --trace [--break RULE]        one of them, every move shown
 *   sim --scenario FILE [--break RULE]         a golden file as it is now
 *   sim --rules                                what --break can leave out
 *
 * Without --seed and --scenario: the golden traces, N worlds from fixed seeds
 * and N/10 from a random one, and each rule left out in turn, which must be
 * noticed. N is SIM_RUNS, or 10000 (under a sanitizer 1000). */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW
#endif
#ifdef SLOW
#define RUNS 1000
#else
#define RUNS 10000
#endif

enum {
    FIRST_SEED = 1,
    BREAK_RUNS = 10000, /* a rule that is left out is noticed before */
};

static const struct {
    const char *name, *text;
} rules[] = {
    {"none", "nothing"},
#define RULE(sym, name, text) {name, text},
#include "rules.def"
#undef RULE
};

static const char *const golden[] = {
    "stopped-daemon",
    "database-restart",
    "lost-answer",
    "poison",
};

static int test_number, failures;

static void
result(bool good, const char *name)
{
    failures += !good;
    (void)printf("%sok %d - sim: %s\n", good ? "" : "not ", ++test_number,
                 name);
    (void)fflush(stdout);
}

/* One world; false and the reason when a rule was broken. */
static bool
run_one(uint64_t seed, enum rule rule, FILE *trace, char *why, size_t size)
{
    struct world *w = mem_zero(1, sizeof(*w));
    world_random(w, seed, -1);
    w->broken = rule;
    w->trace = trace;
    bool good = world_run(w);
    (void)snprintf(why, size, "%s", w->violation);
    world_close(w);
    free(w);
    return good;
}

static void
show_replay(uint64_t seed, enum rule rule, const char *why)
{
    (void)printf("# seed %llu: %s\n# replay: tests/sim/sim --seed %llu --trace",
                 (unsigned long long)seed, why, (unsigned long long)seed);
    if (rule != RULE_NONE)
        (void)printf(" --break %s", rules[rule].name);
    (void)printf("\n");
}

/* Runs until a rule is broken: the seed of that world, or 0. */
static uint64_t
run_many(uint64_t first, int runs, enum rule rule)
{
    char why[200];
    for (uint64_t seed = first; seed < first + (uint64_t)runs; seed++)
        if (!run_one(seed, rule, NULL, why, sizeof(why))) {
            show_replay(seed, rule, why);
            return seed;
        }
    return 0;
}

static void
test_golden(const char *name)
{
    const char *top = getenv("top_srcdir");
    char path[400], why[200], title[100], line[400];
    char *trace = NULL, *at_line;
    size_t size = 0;
    (void)snprintf(path, sizeof(path), "%s/tests/sim/%s.golden",
                   top ? top : ".", name);
    FILE *out = open_memstream(&trace, &size);
    if (!out)
        abort();
    bool good = scenario_run(path, RULE_NONE, out, why, sizeof(why)) == 0;
    (void)fclose(out);
    FILE *file = fopen(path, "r");
    bool below = false;
    at_line = trace;
    while (file && fgets(line, sizeof(line), file)) {
        size_t n = strlen(line);
        if (!below) {
            below = strcmp(line, "---\n") == 0;
        } else if (strncmp(at_line, line, n) != 0) {
            (void)printf("# expected: %s# but: %.*s\n", line,
                         (int)strcspn(at_line, "\n"), at_line);
            good = false;
            break;
        } else {
            at_line += n;
        }
    }
    good = good && below && *at_line == '\0';
    if (file)
        (void)fclose(file);
    free(trace);
    (void)snprintf(title, sizeof(title), "golden trace %s", name);
    result(good, title);
}

static void
test_rule(enum rule rule)
{
    char title[200];
    bool found = run_many(FIRST_SEED, BREAK_RUNS, rule) != 0;
    (void)snprintf(title, sizeof(title), "noticed without rule %s: %s",
                   rules[rule].name, rules[rule].text);
    result(found, title);
}

static int
test_all(int runs)
{
    char title[100];
    uint64_t seed = (uint64_t)time(NULL) * 100000 + (uint64_t)getpid() % 1000;
    for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++)
        test_golden(golden[i]);
    (void)snprintf(title, sizeof(title), "%d runs from seed %d", runs,
                   FIRST_SEED);
    result(run_many(FIRST_SEED, runs, RULE_NONE) == 0, title);
    (void)printf("# random seed %llu\n", (unsigned long long)seed);
    result(run_many(seed, runs / 10 + 1, RULE_NONE) == 0,
           "runs from a random seed");
    for (int rule = RULE_NONE + 1; rule < RULE_COUNT; rule++)
        test_rule((enum rule)rule);
    (void)printf("1..%d\n", test_number);
    return failures > 0;
}

static enum rule
rule_of(const char *name)
{
    for (int i = 0; i < RULE_COUNT; i++)
        if (strcmp(rules[i].name, name) == 0)
            return (enum rule)i;
    (void)fprintf(stderr, "sim: no rule '%s', see --rules\n", name);
    exit(2);
}

/* The file as it is, with the trace that follows from it now. */
static int
print_scenario(const char *path, enum rule rule)
{
    char line[400], why[200];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file) &&
           strcmp(line, "---\n") != 0)
        (void)fputs(line, stdout);
    if (file)
        (void)fclose(file);
    (void)puts("---");
    return scenario_run(path, rule, stdout, why, sizeof(why)) != 0;
}

static int
usage(void)
{
    (void)fputs("usage: sim [--runs N] [--seed S] [--break RULE] [--trace]\n"
                "       sim --scenario FILE [--break RULE]\n"
                "       sim --rules\n",
                stderr);
    return 2;
}

int
main(int argc, char **argv)
{
    const char *env = getenv("SIM_RUNS"), *scenario = NULL;
    int runs = env ? (int)strtol(env, NULL, 10) : RUNS;
    uint64_t seed = 0;
    bool trace = false;
    enum rule rule = RULE_NONE;
    char why[200];
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--trace") == 0) {
            trace = true;
            continue;
        }
        if (strcmp(argv[i], "--rules") == 0) {
            for (int k = 1; k < RULE_COUNT; k++)
                (void)printf("%-14s %s\n", rules[k].name, rules[k].text);
            return 0;
        }
        if (strcmp(argv[i], "--runs") == 0)
            runs = (int)strtol(value, NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--break") == 0)
            rule = rule_of(value);
        else if (strcmp(argv[i], "--scenario") == 0)
            scenario = value;
        else
            return usage();
        i++;
    }
    if (scenario)
        return print_scenario(scenario, rule);
    if (trace)
        return !run_one(seed, rule, stdout, why, sizeof(why));
    if (seed == 0 && rule == RULE_NONE)
        return test_all(runs);
    bool good = run_many(seed ? seed : FIRST_SEED, runs, rule) == 0;
    (void)printf("%s\n", good ? "every rule was kept" : "a rule was broken");
    return !good;
}
