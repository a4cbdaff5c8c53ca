/* ban.h - functions that must not be called: unsafe ones everywhere, and in
 * the pure layers (PURE, given by the build) whatever knows a clock, the
 * environment, the database or the network. Force-included by the build of
 * libpure.a and by tests/lint/pure; harmless to include twice. */
#ifndef HOSTQ_BASE_BAN_H
#define HOSTQ_BASE_BAN_H

/* Headers that name the poisoned words come first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Macros of glibc, where clang checks sizes (_FORTIFY_SOURCE). */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets atoi atol atof
#pragma GCC poison gmtime localtime ctime asctime
#ifdef PURE
#pragma GCC poison time clock_gettime gettimeofday clock nanosleep usleep
#pragma GCC poison getenv setenv fopen open socket fork
#pragma GCC poison PQexec PQexecParams PQconnectdb
#pragma GCC poison curl_easy_perform curl_multi_perform
#endif

#endif
