/* replay.c - main of the fuzz targets without libFuzzer: runs the files of
 * tests/fuzz/seeds/NAME, one TAP line each. */
#include <glob.h>
#include <string.h>

#include "fuzz.h"

enum { SEED_MAX = 65536, PATH_MAX_BYTES = 1024 };

static void
run_file(const char *path)
{
    static uint8_t data[SEED_MAX];
    FILE *f = fopen(path, "re");

    MUST(f != NULL);
    size_t n = fread(data, 1, sizeof data, f);
    (void)fclose(f);
    (void)LLVMFuzzerTestOneInput(data, n);
}

int
main(int argc, char **argv)
{
    const char *top = getenv("top_srcdir");
    const char *name = argc > 0 ? strrchr(argv[0], '_') : NULL;
    char pattern[PATH_MAX_BYTES];
    glob_t files;

    MUST(name != NULL);
    (void)snprintf(pattern, sizeof pattern, "%s/tests/fuzz/seeds/%s/*",
                   top ? top : ".", name + 1);
    MUST(glob(pattern, 0, NULL, &files) == 0);
    (void)printf("1..%zu\n", files.gl_pathc);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        run_file(files.gl_pathv[i]);
        (void)printf("ok %zu - %s\n", i + 1, strrchr(files.gl_pathv[i], '/'));
        (void)fflush(stdout);
    }
    globfree(&files);
    return 0;
}
