/* credfile.c - see credfile.h. */
#include "io/credfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/mem.h"

#define FILE_CAP ((size_t)1024 * 1024) /* a profile has some 200 bytes */
#define PATH_CAP ((size_t)4096)
#define NAME_CAP ((size_t)256)

const char *
credfile_env(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Puts what "$NAME" at text stands for; returns the bytes of text used. */
static size_t
expand(struct buf *out, const char *text)
{
    CLEANUP_BUF struct buf name = BUF_INIT(NAME_CAP);
    bool braced = text[1] == '{';
    size_t at = braced ? 2 : 1, start = at;
    const char *value;

    while (isalnum((unsigned char)text[at]) || text[at] == '_')
        at++;
    buf_put(&name, text + start, at - start);
    if (braced && text[at++] != '}')
        at = start;
    value = at > start && buf_ok(&name) ? getenv(buf_str(&name)) : NULL;
    if (value == NULL) {
        buf_putc(out, '$');
        return 1;
    }
    buf_puts(out, value);
    return at;
}

void
credfile_init(struct credfile *f, const char *path)
{
    CLEANUP_BUF struct buf out = BUF_INIT(PATH_CAP);
    const char *home = credfile_env("HOME");

    memset(f, 0, sizeof(*f));
    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
        if (home == NULL)
            return;
        buf_puts(&out, home);
        path++;
    }
    while (*path != '\0') {
        if (*path == '$')
            path += expand(&out, path);
        else
            buf_putc(&out, *path++);
    }
    f->path = buf_take(&out);
}

void
credfile_fini(struct credfile *f)
{
    free(f->path);
    memset(f, 0, sizeof(*f));
}

static struct credfile_stamp
stamp_of(const struct stat *st)
{
    return (struct credfile_stamp){.dev = st->st_dev,
                                   .ino = st->st_ino,
                                   .size = st->st_size,
                                   .mtime = st->st_mtim};
}

static bool
is_same(const struct credfile_stamp *a, const struct credfile_stamp *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime.tv_sec == b->mtime.tv_sec &&
           a->mtime.tv_nsec == b->mtime.tv_nsec;
}

bool
credfile_changed(const struct credfile *f)
{
    struct credfile_stamp now = {0};
    struct stat st;

    if (f->path != NULL && stat(f->path, &st) == 0)
        now = stamp_of(&st);
    return !is_same(&now, &f->stamp);
}

static int
read_all(const struct credfile *f, int fd, struct buf *out, struct err *err)
{
    char piece[4096];
    ssize_t n;

    while ((n = read(fd, piece, sizeof(piece))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, E_FAILED, "cannot read %s: %s", f->path,
                           strerrordesc_np(errno));
        buf_put(out, piece, (size_t)n);
        if (!buf_ok(out))
            return err_set(err, E_FAILED, "%s has more than %zu bytes", f->path,
                           out->cap);
    }
    explicit_bzero(piece, sizeof(piece));
    return 0;
}

int
credfile_read(struct credfile *f, char **text, struct err *err)
{
    CLEANUP_BUF struct buf out = BUF_INIT(FILE_CAP);
    CLEANUP_FD int fd = -1;
    struct stat st;

    *text = NULL;
    memset(&f->stamp, 0, sizeof(f->stamp));
    if (f->path == NULL)
        return 0;
    /* A pipe must not hold up the thread. */
    fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0 || fstat(fd, &st) != 0)
        return err_set(err, E_FAILED, "cannot read %s: %s", f->path,
                       strerrordesc_np(errno));
    f->stamp = stamp_of(&st);
    if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
        return err_set(err, E_FAILED, "%s is not a file", f->path);
    if (S_ISREG(st.st_mode) && read_all(f, fd, &out, err) != 0)
        return -1;
    *text = buf_take(&out);
    return 0;
}
