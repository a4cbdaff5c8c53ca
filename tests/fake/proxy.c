/* proxy.c - a bad network between a daemon and its PostgreSQL, for tests: a
 * relay between unix sockets that is told, by lines on standard input, how to
 * treat what goes through it:
 *   pass      bytes go through at once; what was held goes on
 *   delay MS  each piece arrives MS ms later, in order
 *   hold      nothing moves, nothing is lost: a link that comes back later
 *   swallow [N]  a half-open link: bytes vanish in both directions and no side
 *             hears that the other has gone, for ever for the connections that
 *             are open or are opened until the next command; with N once a
 *             client has sent so many more bytes on one connection
 *   cut       every connection is closed, on both sides, at once
 * Each line is answered by "ok LINE" when it is in force. Ends with its input.
 * Usage: proxy LISTEN_SOCKET SERVER_SOCKET
 * It knows nothing of the daemon or of the protocol, and shares no code. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LINKS = 256, PIECE_BYTES = 16384, QUEUE_PIECES = 64 };

struct piece {
    struct piece *next;
    int64_t due_ms; /* when it may be written */
    size_t len, off;
    char data[];
};

/* What goes from one socket to the other one. */
struct way {
    struct piece *first, *last;
    int count;
    bool ended; /* the reading side has closed */
};

/* fd[0]: the client's socket, fd[1]: the server's; -1: closed, or never opened
 * (a black link). way[i]: what was read from fd[i]. */
struct link {
    int fd[2];
    struct way way[2];
    int64_t sent; /* bytes of the client since the last command */
    bool black;
};

enum mode { PASS, HOLD, SWALLOW };

static struct link links[MAX_LINKS];
static int link_count;
static enum mode mode = PASS;
static int64_t delay_ms;
static int64_t swallow_after = -1; /* bytes of one client; -1: never */

static int64_t
now_ms(void)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        abort();
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct sockaddr_un
address_of(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof a.sun_path) {
        (void)fprintf(stderr, "proxy: path too long: %s\n", path);
        exit(2);
    }
    (void)strcpy(a.sun_path, path);
    return a;
}

static int
socket_new(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        perror("proxy: socket");
        exit(1);
    }
    return fd;
}

static void
close_end(struct link *l, int i)
{
    if (l->fd[i] >= 0)
        (void)close(l->fd[i]);
    l->fd[i] = -1;
}

static void
drop_pieces(struct way *w)
{
    while (w->first) {
        struct piece *p = w->first;
        w->first = p->next;
        free(p);
    }
    w->last = NULL;
    w->count = 0;
}

static void
close_link(struct link *l)
{
    for (int i = 0; i < 2; i++) {
        close_end(l, i);
        drop_pieces(&l->way[i]);
    }
}

static void
set_nonblocking(int fd)
{
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        abort();
}

/* While bytes are swallowed the server hears nothing of a new client. */
static void
accept_link(int listener, const char *server)
{
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int fd = -1;

    if (client < 0)
        return;
    if (mode != SWALLOW) {
        struct sockaddr_un a = address_of(server);
        fd = socket_new();
        if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
            (void)close(fd);
            (void)close(client);
            return;
        }
        set_nonblocking(fd);
    }
    struct link *l = &links[link_count++];
    memset(l, 0, sizeof *l);
    l->fd[0] = client;
    l->fd[1] = fd;
    l->black = mode == SWALLOW;
}

/* The link is half-open from now on; what is queued is lost. */
static void
turn_black(struct link *l)
{
    l->black = true;
    for (int i = 0; i < 2; i++) {
        drop_pieces(&l->way[i]);
        if (l->way[i].ended)
            close_end(l, i);
    }
}

static void
swallow_all(void)
{
    mode = SWALLOW;
    swallow_after = -1;
    for (int i = 0; i < link_count; i++)
        turn_black(&links[i]);
}

/* No more of the client's bytes than are to get through. */
static void
read_end(struct link *l, int i)
{
    struct way *w = &l->way[i];
    struct piece *p = malloc(sizeof *p + PIECE_BYTES);
    size_t most = PIECE_BYTES;

    if (!p)
        abort();
    if (i == 0 && swallow_after >= 0 && swallow_after - l->sent < PIECE_BYTES)
        most = (size_t)(swallow_after - l->sent);
    ssize_t n = read(l->fd[i], p->data, most);
    if (n > 0 && !l->black) {
        l->sent += i == 0 ? n : 0;
        *p = (struct piece){.due_ms = now_ms() + delay_ms, .len = (size_t)n};
        *(w->last ? &w->last->next : &w->first) = p;
        w->last = p;
        w->count++;
        return;
    }
    free(p);
    if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    if (l->black)
        close_end(l, i);
    else
        w->ended = true;
}

/* Writes what is due to the other end. */
static void
write_way(struct link *l, int from)
{
    struct way *w = &l->way[from];

    while (w->first && w->first->due_ms <= now_ms()) {
        struct piece *p = w->first;
        ssize_t n = write(l->fd[1 - from], p->data + p->off, p->len - p->off);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0) {
            close_link(l);
            return;
        }
        p->off += (size_t)n;
        if (p->off < p->len)
            return;
        w->first = p->next;
        w->last = w->first ? w->last : NULL;
        w->count--;
        free(p);
    }
    if (w->ended && !w->first)
        close_link(l);
}

/* False: the input has ended. */
static bool
obey(void)
{
    char line[64];
    int n = 0;

    if (!fgets(line, sizeof line, stdin))
        return false;
    mode = PASS;
    delay_ms = 0;
    swallow_after = -1;
    for (int i = 0; i < link_count; i++)
        links[i].sent = 0;
    if (strcmp(line, "hold\n") == 0) {
        mode = HOLD;
    } else if (strcmp(line, "swallow\n") == 0) {
        swallow_all();
    } else if (sscanf(line, "swallow %d", &n) == 1) {
        swallow_after = n;
    } else if (strcmp(line, "cut\n") == 0) {
        for (int i = 0; i < link_count; i++)
            close_link(&links[i]);
    } else if (sscanf(line, "delay %d", &n) == 1) {
        delay_ms = n;
    } else if (strcmp(line, "pass\n") != 0) {
        (void)fprintf(stderr, "proxy: what is %s", line);
        exit(2);
    }
    (void)printf("ok %s", line);
    (void)fflush(stdout);
    return true;
}

/* What to wait for at one end. While all is held, also its closing waits. */
static short
wanted(const struct link *l, int i, int64_t now, int64_t *next_ms)
{
    const struct way *out = &l->way[1 - i];
    short events = 0;

    if (mode == HOLD && !l->black)
        return -1;
    if (!l->way[i].ended && l->way[i].count < QUEUE_PIECES)
        events |= POLLIN;
    if (out->first && out->first->due_ms <= now)
        events |= POLLOUT;
    else if (out->first && out->first->due_ms < *next_ms)
        *next_ms = out->first->due_ms;
    return events;
}

static void
forget_closed(void)
{
    int kept = 0;

    for (int i = 0; i < link_count; i++)
        if (links[i].fd[0] >= 0 || links[i].fd[1] >= 0)
            links[kept++] = links[i];
    link_count = kept;
}

static void
relay(struct link *l, const struct pollfd *fds)
{
    for (int i = 0; i < 2; i++)
        if (l->fd[i] >= 0 && fds[i].revents & (POLLIN | POLLHUP | POLLERR) &&
            !l->way[i].ended)
            read_end(l, i);
    for (int i = 0; i < 2 && !l->black; i++)
        if (l->fd[1 - i] >= 0)
            write_way(l, i);
    if (swallow_after >= 0 && l->sent >= swallow_after && !l->way[0].first)
        swallow_all();
}

/* One round: waits, obeys, accepts, relays. False: the input has ended. */
static bool
turn(int listener, const char *server)
{
    static struct pollfd fds[2 + 2 * MAX_LINKS];
    int64_t now = now_ms(), next = now + 60000;
    int count = link_count;
    bool accepts = mode != HOLD && count < MAX_LINKS;

    fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = accepts ? listener : -1, .events = POLLIN};
    for (int k = 0; k < 2 * count; k++) {
        struct link *l = &links[k / 2];
        short events = wanted(l, k % 2, now, &next);
        /* A closed end is told again and again: nothing to ask, no look. */
        fds[2 + k] = (struct pollfd){.fd = events > 0 ? l->fd[k % 2] : -1,
                                     .events = events};
    }
    if (poll(fds, (nfds_t)(2 + 2 * count), (int)(next - now)) < 0)
        return errno == EINTR;
    for (int k = 0; k < count; k++)
        if (mode != HOLD || links[k].black)
            relay(&links[k], &fds[2 + 2 * k]);
    if (fds[0].revents && !obey())
        return false;
    if (fds[1].revents & POLLIN && mode != HOLD)
        accept_link(listener, server);
    forget_closed();
    return true;
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: proxy LISTEN_SOCKET SERVER_SOCKET\n");
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)setvbuf(stdin, NULL, _IONBF, 0);
    struct sockaddr_un a = address_of(argv[1]);
    int listener = socket_new();
    (void)unlink(argv[1]);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) != 0 ||
        listen(listener, MAX_LINKS) != 0) {
        perror("proxy: listen");
        return 1;
    }
    while (turn(listener, argv[2]))
        continue;
    return 0;
}
