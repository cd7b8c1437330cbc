// The least that a server of this load can be: it reads, and writes one constant for each line that ends in HTTP/1.1.
// It checks nothing, limits nothing and keeps no time. What it costs is what the kernel takes of a request over epoll.

#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 3001, WORKERS = 4, MOST_AT_ONCE = 32 };

#define ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\nHello from Koru!"
#define LENGTH (sizeof ANSWER - 1)

static int listener;
static char answers[MOST_AT_ONCE * LENGTH];

static void watch(int epoll, int fd, unsigned events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void welcome(int epoll) {
    int one = 1, peer = accept4(listener, 0, 0, SOCK_NONBLOCK);
    if (peer < 0) return;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watch(epoll, peer, EPOLLIN);
}

static void answer(int peer) {
    char input[8192];
    ssize_t count = read(peer, input, sizeof input);
    if (count <= 0) {
        close(peer);
        return;
    }
    size_t asked = 0;
    const char *at = input;
    while (asked < MOST_AT_ONCE && (at = memmem(at, input + count - at, "HTTP/1.1\r\n", 10))) asked++, at += 10;
    if (asked && write(peer, answers, asked * LENGTH) < 0) close(peer);
}

static void *work(void *unused) {
    int epoll = epoll_create1(0);
    struct epoll_event events[64];
    watch(epoll, listener, EPOLLIN | EPOLLEXCLUSIVE);
    for (;;) {
        int count = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener) welcome(epoll); else answer(events[i].data.fd);
        }
    }
    return unused;
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int one = 1;
    pthread_t thread;
    for (int i = 0; i < MOST_AT_ONCE; i++) memcpy(answers + i * LENGTH, ANSWER, LENGTH);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) return 1;
    for (int i = 1; i < WORKERS; i++) pthread_create(&thread, 0, work, 0);
    work(0);
}
