/* The kernel: system calls, the constants and structures we use, and how a thread is made.
 *
 * All that differs between x86-64 and aarch64 is in this file. Results below zero are negated errno values. */

/* At -Oz LLVM joins every function called once with its caller, which then spills. Where that costs bytes, a function
 * stays SEPARATE; where the call costs more than the body, it is JOINED. At -O3 the compiler decides. */
#ifdef __OPTIMIZE_SIZE__
#define SEPARATE __attribute__((noinline))
#define JOINED __attribute__((always_inline))
#else
#define SEPARATE
#define JOINED
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

enum { EAGAIN = 11, EADDRINUSE = 98 };
enum { AF_INET = 2, SOCK_STREAM = 1, SOCK_NONBLOCK = 04000, SOL_SOCKET = 1, SO_REUSEADDR = 2 };
enum { IPPROTO_TCP = 6, TCP_NODELAY = 1, SHUT_RD = 0, SHUT_WR = 1, MSG_NOSIGNAL = 0x4000 };
enum { EPOLL_CTL_ADD = 1, EPOLLIN = 1, EPOLLOUT = 4, EPOLLRDHUP = 0x2000 };
enum { PROT_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022, PR_SET_THP_DISABLE = 41 };
enum { SIG_BLOCK = 0, SIGINT = 2, SIGPIPE = 13, SIGTERM = 15, CLOCK_REALTIME = 0 };
enum { THREAD_FLAGS = 0x50f00 }; /* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM */
#define EPOLLEXCLUSIVE (1u << 28)
#define EPOLLET (1u << 31)

struct timespec {
	i64 seconds, nanoseconds;
};

struct address {
	u16 family, port;
	u32 host;
	u64 zero;
};

#define IN(variable, name, value) __attribute__((unused)) register i64 variable __asm__(name) = value

#ifdef __x86_64__

struct __attribute__((packed)) event { /* packed on this architecture only */
	u32 events;
	u64 fd;
};

enum {
	SYS_write = 1, SYS_close = 3, SYS_mmap = 9, SYS_rt_sigprocmask = 14, SYS_socket = 41, SYS_sendto = 44,
	SYS_recvfrom = 45, SYS_shutdown = 48, SYS_bind = 49, SYS_listen = 50, SYS_setsockopt = 54,
	SYS_rt_sigtimedwait = 128, SYS_prctl = 157, SYS_clock_gettime = 228, SYS_exit_group = 231,
	SYS_epoll_ctl = 233, SYS_epoll_pwait = 281, SYS_accept4 = 288, SYS_epoll_create1 = 291,
};

#define REGISTERS \
	IN(r0, "rax", number); IN(r1, "rdi", a); IN(r2, "rsi", b); IN(r3, "rdx", c); IN(r4, "r10", d); IN(r5, "r8", e); \
	IN(r6, "r9", f)
#define ENTER(...) __asm__ volatile("syscall" : "+r"(r0) : __VA_ARGS__ : "rcx", "r11", "memory"); return r0

/* The new thread starts with the same registers on a stack of its own. */
static inline i64 start_thread(void (*run)(void *), void *argument, void *stack_end)
{
	i64 result;
	__asm__ volatile("syscall; test %%eax, %%eax; jnz 1f; mov %3, %%rdi; call *%4; 1:"
		: "=a"(result)
		: "D"(THREAD_FLAGS), "S"(stack_end), "r"(argument), "r"(run), "a"(56 /* clone */)
		: "rcx", "r11", "memory");
	return result;
}

/* The kernel enters with an aligned stack; a call is what a C function expects. */
#ifndef WITH_LIBC
__asm__(".globl _start; _start: call begin");
#endif

#elif defined __aarch64__

struct event {
	u32 events;
	u64 fd;
};

enum {
	SYS_epoll_create1 = 20, SYS_epoll_ctl = 21, SYS_epoll_pwait = 22, SYS_close = 57, SYS_write = 64,
	SYS_exit_group = 94, SYS_clock_gettime = 113, SYS_rt_sigprocmask = 135, SYS_rt_sigtimedwait = 137,
	SYS_prctl = 167, SYS_socket = 198, SYS_bind = 200, SYS_listen = 201, SYS_sendto = 206, SYS_recvfrom = 207,
	SYS_setsockopt = 208, SYS_shutdown = 210, SYS_mmap = 222, SYS_accept4 = 242,
};

#define REGISTERS \
	IN(r0, "x8", number); IN(r1, "x0", a); IN(r2, "x1", b); IN(r3, "x2", c); IN(r4, "x3", d); IN(r5, "x4", e); \
	IN(r6, "x5", f)
#define ENTER(...) __asm__ volatile("svc 0" : "+r"(r1) : "r"(r0), __VA_ARGS__ : "memory"); return r1

static inline i64 start_thread(void (*run)(void *), void *argument, void *stack_end)
{
	register i64 r0 __asm__("x8") = 220; /* clone */
	register i64 r1 __asm__("x0") = THREAD_FLAGS;
	register void *r2 __asm__("x1") = stack_end;
	__asm__ volatile("svc 0; cbnz x0, 1f; mov x0, %2; blr %3; 1:"
		: "+r"(r1)
		: "r"(r2), "r"(argument), "r"(run), "r"(r0)
		: "x30", "memory");
	return r1;
}

#ifndef WITH_LIBC
__asm__(".globl _start; _start: b begin");
#endif

#endif

/* One function for each number of arguments, so that no register is set in vain. Unused variables vanish. */
#define SYSTEM_CALL(count, ...) \
	__attribute__((always_inline)) static inline i64 sys##count(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f) \
	{ REGISTERS; ENTER(__VA_ARGS__); }
SYSTEM_CALL(1, "r"(r1))
SYSTEM_CALL(2, "r"(r1), "r"(r2))
SYSTEM_CALL(3, "r"(r1), "r"(r2), "r"(r3))
SYSTEM_CALL(4, "r"(r1), "r"(r2), "r"(r3), "r"(r4))
SYSTEM_CALL(5, "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5))
SYSTEM_CALL(6, "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5), "r"(r6))
#define sys1(n, a) sys1(n, (i64)(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b) sys2(n, (i64)(a), (i64)(b), 0, 0, 0, 0)
#define sys3(n, a, b, c) sys3(n, (i64)(a), (i64)(b), (i64)(c), 0, 0, 0)
#define sys4(n, a, b, c, d) sys4(n, (i64)(a), (i64)(b), (i64)(c), (i64)(d), 0, 0)
#define sys5(n, a, b, c, d, e) sys5(n, (i64)(a), (i64)(b), (i64)(c), (i64)(d), (i64)(e), 0)
#define sys6(n, a, b, c, d, e, f) sys6(n, (i64)(a), (i64)(b), (i64)(c), (i64)(d), (i64)(e), (i64)(f))

/* Copies upwards, which also serves moves to a lower address. */
static inline void copy(void *to, const void *from, u64 size)
{
#ifdef __x86_64__
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
#else
	for (u8 *t = to; size; size--) *t++ = *(const u8 *)from++;
#endif
}
