/* The yardstick: the smallest and fastest strict HTTP/1.1 server we could write by hand, to hold ours against.
 *
 * It answers every request with `Hello from Koru!` on port 3001, under all rules of HTTP/1.1 (RFC 9110, 9112) that
 * bind a server whose handler ignores the request; tests/http/vectors.tsv is their list. No libc, no allocation, no
 * data segment: all memory is one mapping, all text is in the code segment.
 *
 * Four workers each have an epoll of their own; the listening socket is in all four (EPOLLEXCLUSIVE). The main
 * thread waits for signals, and for a second at a time: it is the clock. A connection belongs to the worker that
 * accepted it until it is closed, so nothing about it needs a lock.
 *
 * Sockets are edge-triggered and registered once. A worker reads into its own buffer and writes from its own;
 * only what is unfinished when it turns to the next socket is kept, in the connection's slot: the head that
 * has not ended, the output the peer does not take yet. An idle connection costs 32 bytes.
 *
 * It is frozen, so that figures of different days compare: it changes only for a rule it is found to break.
 *
 *   sys.h     the kernel          text.h    what we say and look for
 *   parse.c   bytes to facts      date.c    the date
 */

#include "sys.h"
#include "text.h"
#include "parse.c"
#include "date.c"

enum { PORT = 3001, WORKERS = 4, BACKLOG = 4096, EVENTS = 64, DESCRIPTORS = 1 << 16, REQUESTS_MAX = 1000 };
enum { PROGRESS_SECONDS = 10, IDLE_SECONDS = 60, GRACE_SECONDS = 8, DRAIN_MAX = 1 << 18 };

enum {
	IN_SIZE = HEAD_MAX,
	/* A read of IN_SIZE bytes holds at most so many requests (the shortest that keeps the connection is 25 bytes)
	 * of so long answers each, and one refusal: what a read asks for always fits. */
	OUT_SIZE = IN_SIZE / 25 * (USUAL_SIZE + SIZE_OF(KEEP_ALIVE_FIELD)) + 512,
	STACK_SIZE = 8192,
};

/* What a connection waits for. */
enum {
	HEAD_NEXT,    /* a request head; nothing of it parsed */
	BODY,         /* `left` bytes of a body */
	CHUNK_FIRST,  /* a chunk line */
	CHUNK_NEXT,   /* `left` bytes of a chunk, then CRLF and a chunk line */
	TRAILERS,
	CLOSING,      /* its output to leave; then it is closed */
	LINGERING,    /* the same, then the end of its input: what still comes is dropped, `left` bytes at most */
};

struct connection {
	u32 deadline; /* in ticks */
	u8 owner;     /* number of a worker, 0: closed */
	u8 state;
	u16 served;
	u32 flags;    /* of the request that is being read */
	u32 kept;     /* bytes of input in the slot */
	u32 unsent;   /* bytes of output in the slot */
	u32 room;     /* what chunks may still bring */
	u64 left;
};

struct slot {
	u8 in[IN_SIZE];
	u8 out[(1 << 17) - IN_SIZE];
};
_Static_assert(sizeof(struct slot) - IN_SIZE >= OUT_SIZE, "a slot holds all output of a read");

struct worker {
	struct parser parser;
	struct server *server;
	struct connection *c; /* the connection it is at, */
	struct slot *slot;
	u64 fd;
	u8 *at;           /* where the next answer goes in `out` */
	u8 *clean;        /* up to here `out` holds nothing but usual answers of this second */
	u32 now;          /* the tick it last saw */
	u32 requests_max; /* of a connection; 0 while we drain */
	u32 epoll;
	u32 number;
	u64 top;          /* its highest descriptor */
	struct event events[EVENTS];
	u8 out[OUT_SIZE];
	u8 in[IN_SIZE + 32]; /* the parser reads a little past the end */
	u8 stack[STACK_SIZE];
} __attribute__((aligned(64)));

struct server {
	u32 ticks;
	u32 live;     /* connections, and one for the main thread until it drains */
	int listener;
	int signal;   /* that made us drain */
	char dates[2][32]; /* of this tick and of the one before, which a worker may still be reading */
	struct worker workers[WORKERS];
	struct connection connections[DESCRIPTORS];
	struct slot slots[DESCRIPTORS];
};

SEPARATE static void say(int descriptor, u32 name)
{
	const char *from = text(name);
	u64 size = 0;
	while (from[size]) size++;
	sys3(SYS_write, descriptor, from, size);
}

__attribute__((noreturn)) static void quit(int status)
{
	sys1(SYS_exit_group, status);
	__builtin_unreachable();
}

SEPARATE static void leave(struct server *server)
{
	say(1, server->signal == SIGTERM ? GOT_SIGTERM : GOT_SIGINT);
	quit(0);
}

/* Gives back a share of the server's life; whoever gives back the last one, ends it. */
static void release(struct server *server)
{
	if (!__atomic_sub_fetch(&server->live, 1, __ATOMIC_ACQ_REL)) leave(server);
}

SEPARATE static void drop(struct worker *w)
{
	w->c->owner = 0; /* before the descriptor can come back to another worker */
	sys1(SYS_close, w->fd);
	release(w->server);
}

/* Another answer than the usual one is about to be written at `at`. */
static void spoil(struct worker *w)
{
	if (w->clean > w->at) w->clean = w->at;
}

/* Sends; what the socket does not take goes to the slot. Returns whether the connection goes on right now. */
SEPARATE static int flush(struct worker *w, const u8 *data, u64 size)
{
	struct connection *c = w->c;
	i64 sent = sys5(SYS_sendto, w->fd, data, size, MSG_NOSIGNAL, 0);
	if (sent == (i64)size) {
		c->unsent = 0;
		if (c->state == LINGERING) sys2(SYS_shutdown, w->fd, SHUT_WR);
		if (c->state != CLOSING) return 1;
	} else {
		if (sent == -EAGAIN) sent = 0;
		if (sent >= 0) {
			if (sent || !c->unsent) c->deadline = w->now + PROGRESS_SECONDS;
			copy(w->slot->out, data + sent, c->unsent = size - sent);
			return 0;
		}
	}
	drop(w);
	return 0;
}

SEPARATE static void put(struct worker *w, const char *from)
{
	u8 *to = w->at;
	while (*from) *to++ = *from++;
	w->at = to;
}

SEPARATE static void put_text(struct worker *w, u32 name)
{
	put(w, text(name));
}

/* Appends an answer. The usual one need not be written when it stands there from the batch before. */
static void answer(struct worker *w, u32 status)
{
	struct connection *c = w->c;
	if (++c->served >= w->requests_max) c->flags |= CLOSE;
	u32 flags = c->flags;
	u8 *at = w->at, *usual_end = at + USUAL_SIZE;
	if (flags & UNUSUAL) {
		spoil(w);
	} else {
		if (usual_end <= w->clean) {
			w->at = usual_end;
			return;
		}
		if (at == w->clean) w->clean = usual_end;
	}
	if (flags & STAR) status = NO_CONTENT;
	put_text(w, VERSION);
	put_text(w, status);
	put_text(w, DATE);
	put(w, w->server->dates[w->now & 1]);
	put_text(w, status == OK ? HELLO_FIELDS : status == NO_CONTENT ? ALLOW_FIELD : EMPTY_FIELD);
	if (flags & (CLOSE | OLD)) put_text(w, flags & CLOSE ? CLOSE_FIELD : KEEP_ALIVE_FIELD);
	put_text(w, END_OF_HEAD);
	if (status == OK && !(flags & HEAD)) put_text(w, HELLO);
}

/* One step of the parser, and the state after it if it was a whole one. HEAD_NEXT means that a request is complete. */
SEPARATE static void step(struct worker *w)
{
	struct connection *c = w->c;
	struct parser *s = &w->parser;
	u32 next = HEAD_NEXT;
	s->code = 0;
	s->length = 0;
	if (c->state == HEAD_NEXT) {
		head(s);
		c->flags = s->flags;
		c->room = BODY_MAX;
		if (s->length) next = BODY;
		if (s->flags & CODING) next = CHUNK_FIRST;
	} else if (c->state == TRAILERS) {
		fields(s);
		s->length = 0; /* no field of a trailer section means anything */
	} else {
		if (c->state == CHUNK_NEXT) read(s, texts.LINE_END);
		chunk_line(s, &c->room);
		next = s->length ? CHUNK_NEXT : TRAILERS;
	}
	if (s->code) return;
	c->left = s->length;
	c->state = next;
}

/* Moves over bytes of a body; returns whether it was the last of them and the request is complete. */
static int skip_body(struct connection *c, struct parser *s)
{
	u64 size = s->end - s->p;
	if (size > c->left) size = c->left;
	s->p += size;
	c->left -= size;
	if (c->left || c->state != BODY) return 0;
	c->state = HEAD_NEXT;
	return 1;
}

/* Answers all requests that are complete; leaves `p` at the one that is not. */
static void consume(struct worker *w)
{
	struct connection *c = w->c;
	struct parser *s = &w->parser;
	while (s->p != s->end) {
		u32 status = OK;
		if (c->left) {
			if (!skip_body(c, s)) continue;
		} else {
			const u8 *start = s->p;
			u32 before = c->state;
			step(w);
			status = s->code;
			u64 size = s->p - start, max = TRAILERS_MAX;
			if (before == HEAD_NEXT) max = HEAD_MAX;
			if (status == MORE) {
				s->p = start;
				size = s->end - start + 1;
				if (size <= max) return;
			}
			if (status <= MORE && size > max) status = HEAD_TOO_LARGE;
			if (status) c->flags = CLOSE;
			else if (c->state != HEAD_NEXT) {
				if (before == HEAD_NEXT && c->flags & CONTINUE && s->p == s->end) {
					spoil(w);
					put_text(w, CONTINUE_ANSWER);
				}
				continue;
			}
		}
		answer(w, status);
		if (c->flags & CLOSE) {
			c->state = status == OK && s->p == s->end ? CLOSING : LINGERING;
			s->p = s->end;
			c->left = DRAIN_MAX;
		}
	}
}

/* Keeps what is unfinished and sets the time until which something must happen. */
static void keep(struct worker *w)
{
	struct connection *c = w->c;
	const u8 *rest = w->parser.p;
	u32 size = w->parser.end - rest, before = c->kept;
	copy(w->slot->in, rest, c->kept = size);
	u32 seconds = PROGRESS_SECONDS;
	if (c->state == HEAD_NEXT) {
		if (!size) seconds = IDLE_SECONDS;
		/* A head has its time from its first byte on; more of the same head does not prolong it. */
		else if (before && rest == w->in) return;
	}
	c->deadline = w->now + seconds;
}

/* Does all that can be done for a connection now. */
SEPARATE static void serve(struct worker *w, u64 fd, u32 events)
{
	struct connection *c = w->c = &w->server->connections[fd];
	w->slot = &w->server->slots[fd];
	w->fd = fd;
	if (c->unsent && !flush(w, w->slot->out, c->unsent)) return;
	i64 size, space;
	do {
		u8 *in = w->in;
		copy(in, w->slot->in, c->kept);
		space = IN_SIZE - c->kept;
		size = sys5(SYS_recvfrom, fd, in + c->kept, space, 0, 0);
		if (size == -EAGAIN && (w->requests_max || c->state != HEAD_NEXT || c->kept)) return;
		if (size <= 0) return drop(w);
		if (c->state == LINGERING) {
			if (c->left < (u64)size) return drop(w);
			c->left -= size;
			continue;
		}
		w->parser.p = in;
		in += c->kept + size;
		w->parser.end = in;
		*in = 0;
		w->at = w->out;
		consume(w);
		keep(w);
		if (w->at != w->out && !flush(w, w->out, w->at - w->out)) return;
		/* A read that filled less than it could has emptied the socket; the end of the stream is read on its own. */
	} while (size == space || events & EPOLLRDHUP);
}

SEPARATE static void accept_all(struct worker *w)
{
	struct server *server = w->server;
	for (;;) {
		i64 fd = sys4(SYS_accept4, server->listener, 0, 0, SOCK_NONBLOCK);
		if (fd < 0) return; /* nothing left, or out of descriptors or memory: the next tick tries again */
		if (fd >= DESCRIPTORS) {
			sys1(SYS_close, fd);
			continue;
		}
		if ((u64)fd > w->top) w->top = fd;
		server->connections[fd] = (struct connection){.owner = w->number, .deadline = w->now + IDLE_SECONDS};
		__atomic_fetch_add(&server->live, 1, __ATOMIC_RELAXED);
		struct event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, fd};
		sys4(SYS_epoll_ctl, w->epoll, EPOLL_CTL_ADD, fd, &event); /* if it fails, the idle deadline closes the socket */
	}
}

/* Once a tick: closes what is late and, when we drain, what is idle. */
static void sweep(struct worker *w)
{
	for (u64 fd = 0; fd <= w->top; fd++) {
		struct connection *c = &w->server->connections[fd];
		if (c->owner != w->number) continue;
		w->c = c;
		w->fd = fd;
		if (c->deadline < w->now) drop(w);
		else if (!w->requests_max) serve(w, fd, 0);
	}
	accept_all(w);
}

SEPARATE static void give_up(i64 error)
{
	say(1, error == -EADDRINUSE ? PORT_IN_USE : NO_LISTENER);
	quit(1);
}

static void work(void *argument)
{
	struct worker *w = argument;
	struct event event = {EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, w->server->listener};
	i64 error = sys4(SYS_epoll_ctl, w->epoll, EPOLL_CTL_ADD, w->server->listener, &event);
	if (error < 0) give_up(error);
	w->requests_max = REQUESTS_MAX;
	for (;;) {
		i64 count = sys5(SYS_epoll_pwait, w->epoll, w->events, EVENTS, 1000, 0);
		u32 ticks = __atomic_load_n(&w->server->ticks, __ATOMIC_ACQUIRE);
		int is_new = ticks != w->now;
		if (is_new) {
			w->now = ticks;
			w->clean = w->out;
			if (w->server->signal) w->requests_max = 0;
		}
		for (i64 i = 0; i < count; i++) {
			u64 fd = w->events[i].fd;
			if (fd == (u64)w->server->listener) accept_all(w);
			else serve(w, fd, w->events[i].events);
		}
		/* Last, as an event may not meet a connection that another worker has opened meanwhile. */
		if (is_new) sweep(w);
	}
}

SEPARATE static void tick(struct server *server)
{
	struct timespec time;
	sys2(SYS_clock_gettime, CLOCK_REALTIME, &time);
	u32 next = server->ticks + 1;
	write_date(server->dates[next & 1], time.seconds);
	__atomic_store_n(&server->ticks, next, __ATOMIC_RELEASE);
}

static i64 listen_on_port(int listener)
{
	int one = 1;
	/* Lets us start again while old connections die; a second listener is refused all the same. */
	sys5(SYS_setsockopt, listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	/* Accepted sockets inherit this. */
	sys5(SYS_setsockopt, listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct address address = {.family = AF_INET, .port = __builtin_bswap16(PORT)};
	i64 error = sys3(SYS_bind, listener, &address, sizeof address);
	return error < 0 ? error : sys2(SYS_listen, listener, BACKLOG);
}

/* The main thread's life: a tick a second until a signal comes, then until all is done or the grace is over. */
JOINED static void keep_time(struct server *server, u64 signals)
{
	u32 grace = GRACE_SECONDS;
	for (;;) {
		struct timespec second = {1, 0};
		i64 signal = sys4(SYS_rt_sigtimedwait, &signals, 0, &second, sizeof signals);
		if (server->signal && (signal > 0 || !--grace)) leave(server);
		if (signal > 0) server->signal = signal;
		tick(server);
		if (signal > 0) {
			/* This wakes all workers, refuses new peers and frees the port. */
			sys2(SYS_shutdown, server->listener, SHUT_RD);
			release(server);
		}
	}
}

__attribute__((noreturn, used)) void begin(void)
{
	/* Signals stay blocked and are fetched, so that PID 1 gets them too. A blocked SIGPIPE is an ignored one. */
	u64 signals = 1 << (SIGINT - 1) | 1 << (SIGTERM - 1), blocked = signals | 1 << (SIGPIPE - 1);
	sys4(SYS_rt_sigprocmask, SIG_BLOCK, &blocked, 0, sizeof blocked);

	int listener = sys3(SYS_socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	i64 error = listen_on_port(listener);
	if (error < 0) give_up(error);

	/* A huge page for each touched slot would waste what the sparse mapping saves. */
	sys5(SYS_prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0);
	i64 memory = sys6(SYS_mmap, 0, sizeof(struct server), PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
	if (memory < 0) give_up(memory);
	struct server *server = (struct server *)memory;
	server->live = 1;
	server->listener = listener;
	tick(server);
	/* All of them before the first accepts: its peers could take the last descriptors. */
	for (u32 index = 0; index < WORKERS; index++) server->workers[index].epoll = sys1(SYS_epoll_create1, 0);
	for (u32 index = 0; index < WORKERS; index++) {
		struct worker *w = &server->workers[index];
		w->server = server;
		w->number = index + 1;
		error = start_thread(work, w, w->stack + STACK_SIZE);
		if (error < 0) give_up(error);
	}
	say(2, LISTENING);
	keep_time(server, signals);
	__builtin_unreachable();
}

#ifdef WITH_LIBC
/* For the table of sizes: begun by a C library, from which it wants nothing else. */
int main(void)
{
	begin();
}
#endif
