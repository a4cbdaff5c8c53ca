/* submit.c - submits trivial requests one at a time, as a program that stays
 * connected does: a prepared statement, at a fixed pace.
 *
 *   submit COUNT HZ
 *
 * The database is that of the PG* variables. Prints for each request its id,
 * when the call began (s since 1970) and what it took (ms). */
#include <libpq-fe.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char SUBMIT[] =
    "SELECT hostq.submit('{\"kind\":\"noop\"}')->>'requestId'";

static double
now_s(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
sleep_until(double at)
{
    double left = at - now_s(CLOCK_MONOTONIC);
    struct timespec t = {(time_t)left,
                         (long)((left - (double)(time_t)left) * 1e9)};
    if (left > 0)
        (void)nanosleep(&t, NULL);
}

static PGresult *
check(PGconn *c, PGresult *res, ExecStatusType want)
{
    if (PQresultStatus(res) != want) {
        (void)fprintf(stderr, "submit: %s", PQerrorMessage(c));
        exit(1);
    }
    return res;
}

int
main(int argc, char **argv)
{
    long n = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    double pause = argc == 3 ? 1 / strtod(argv[2], NULL) : 0;
    PGconn *c = PQconnectdb("");
    PQclear(
        check(c, PQprepare(c, "submit", SUBMIT, 0, NULL), PGRES_COMMAND_OK));
    double next = now_s(CLOCK_MONOTONIC);
    for (; n > 0; n--, next += pause) {
        sleep_until(next);
        double at = now_s(CLOCK_REALTIME), began = now_s(CLOCK_MONOTONIC);
        PGresult *res =
            check(c, PQexecPrepared(c, "submit", 0, NULL, NULL, NULL, 0),
                  PGRES_TUPLES_OK);
        (void)printf("%s %.6f %.3f\n", PQgetvalue(res, 0, 0), at,
                     (now_s(CLOCK_MONOTONIC) - began) * 1e3);
        PQclear(res);
    }
    PQfinish(c);
    return 0;
}
