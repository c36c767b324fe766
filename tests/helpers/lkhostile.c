/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that means harm to whoever acts on it, or that is easily harmed, and counts what it got that it must not get.
 *
 *   lkhostile KIND LOCKFILE BYTES
 *
 * It has a POSIX lock on the first BYTES bytes. KIND:
 *   filter  a seccomp filter forbids a call, which two threads try all the time; it kills for fcntl(2), mmap(2) and munmap(2)
 *   swap    sleeps in a call whose instruction another thread exchanges all the time for a jump to a forbidden call
 *   stack   sleeps with a little stack left; just below it lie numbers that another thread changes
 *   strict  is in the strict mode of seccomp(2), in which it may only read, write and end
 *   rename  calls itself something else all the time
 *
 * Standard output: "ready PID", then one line at the end: "ok TRIES GOT", how often it tried and how often it got what it must not
 * get; or "bad WHAT". The end is a byte on standard input. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N_NUMBERS 128
#define STACK_LEFT 256 /* more than the 128 bytes that belong to the function that runs */
#define SPINS 300

atomic_ulong n_tries, n_got;
static atomic_bool ended, filtered;

static _Noreturn void say(const char *word, unsigned long tries, unsigned long got)
{
	printf("%s %lu %lu\n", word, tries, got);
	fflush(stdout);
	_exit(0);
}

static _Noreturn void bad(const char *what)
{
	printf("bad %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static void start(void *(*run)(void *arg))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, NULL) != 0)
		bad("thread");
}

static void wait_for_the_end(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	ended = true;
}

static void *count_until_the_end(void *arg)
{
	wait_for_the_end();
	say("ok", n_tries, n_got);
	return arg;
}

/* SYS_getppid is what it must not do; some calls kill it. */
static void forbid(bool kill_too)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kill_too ? SYS_fcntl : UINT32_MAX, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kill_too ? SYS_mmap : UINT32_MAX, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kill_too ? SYS_munmap : UINT32_MAX, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		bad("filter");
}

static void *try_forbidden(void *arg)
{
	while (!filtered)
		;
	for (;;) {
		n_tries++;
		if (syscall(SYS_getppid) >= 0)
			n_got++;
	}
	return arg;
}

static void be_filtered(void)
{
	start(count_until_the_end);
	start(try_forbidden);
	forbid(true);
	filtered = true;
	try_forbidden(NULL);
}

static void be_strict(void)
{
	char byte;

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
		bad("strict");
	if (read(STDIN_FILENO, &byte, 1) == 1 && write(STDOUT_FILENO, "ok 1 0\n", 7) == 7)
		syscall(SYS_exit, 0);
}

static void rename_itself(void)
{
	char name[16];

	start(count_until_the_end);
	for (;;) {
		snprintf(name, sizeof(name), "name-%lu", ++n_tries);
		prctl(PR_SET_NAME, name);
	}
}

#ifdef __x86_64__

/* The call that is made instead of another one's. */
__asm__(".text\n"
	"forbidden_call:\n"
	"	lock incq n_tries(%rip)\n"
	"	mov $110, %eax\n" /* SYS_getppid */
	"	syscall\n"
	"	test %rax, %rax\n"
	"	js 1f\n"
	"	lock incq n_got(%rip)\n"
	"1:	ret\n");
void forbidden_call(void);

static unsigned char *code;

static void spin(void)
{
	for (volatile int i = 0; i < SPINS; i++)
		;
}

static void *exchange(void *arg)
{
	volatile uint16_t *instruction = (volatile uint16_t *)code;

	for (;;) {
		*instruction = 0x050f; /* syscall */
		spin();
		*instruction = 0x3eeb; /* jmp to code + 0x40 */
		spin();
	}
	return arg;
}

static void write_code(void)
{
	uint64_t to = (uint64_t)(uintptr_t)forbidden_call;

	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code == MAP_FAILED)
		bad("mmap");
	memcpy(code, "\x0f\x05\xc3", 3); /* syscall; ret */
	memcpy(code + 0x40, "\x48\xb8", 2); /* mov $to, %rax; jmp *%rax */
	memcpy(code + 0x42, &to, sizeof(to));
	memcpy(code + 0x4a, "\xff\xe0", 2);
}

static void swap_code(void)
{
	long result;

	write_code();
	start(count_until_the_end);
	forbid(false);
	start(exchange);
	for (;;)
		__asm__ volatile("call *%1"
				 : "=a"(result)
				 : "r"(code), "a"(SYS_pause)
				 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

static struct {
	atomic_ulong numbers[N_NUMBERS];
	char stack[4096];
} * below;
static unsigned long expected[N_NUMBERS];

static void *change_numbers(void *arg)
{
	for (size_t i = 0; !ended; i = (i + 1) % N_NUMBERS) {
		below->numbers[i]++;
		expected[i]++;
	}
	return arg;
}

static pthread_t changing;

static void *compare_at_the_end(void *arg)
{
	unsigned long n_changes = 0, n_wrong = 0;

	wait_for_the_end();
	pthread_join(changing, NULL);
	for (size_t i = 0; i < N_NUMBERS; i++) {
		n_changes += expected[i];
		n_wrong += below->numbers[i] != expected[i];
	}
	say("ok", n_changes, n_wrong);
	return arg;
}

static void sleep_on_small_stack(void)
{
	char *pointer;
	long result;

	below = aligned_alloc(4096, 8192);
	if (!below)
		bad("memory");
	memset(below, 0, 8192);
	pointer = below->stack + STACK_LEFT;
	if (pthread_create(&changing, NULL, change_numbers, NULL) != 0)
		bad("thread");
	start(compare_at_the_end);
	for (;;)
		__asm__ volatile("mov %%rsp, %%rbx\n\tmov %2, %%rsp\n\tsyscall\n\tmov %%rbx, %%rsp"
				 : "=a"(result)
				 : "a"(SYS_pause), "r"(pointer)
				 : "rbx", "rcx", "r11", "memory", "cc");
}

#else

static void swap_code(void)
{
	bad("only on x86-64");
}

static void sleep_on_small_stack(void)
{
	bad("only on x86-64");
}

#endif

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{ "filter", be_filtered }, { "swap", swap_code },       { "stack", sleep_on_small_stack },
	{ "strict", be_strict },   { "rename", rename_itself },
};

int main(int argc, char **argv)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	if (argc != 4)
		bad("usage");
	/* Whoever may act on it as the same user still may, although it has changed its user. */
	prctl(PR_SET_DUMPABLE, 1);
	fd = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	l.l_len = atoll(argv[3]);
	if (fd < 0 || fcntl(fd, F_SETLK, &l) < 0)
		bad("lock");
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(argv[1], kinds[i].name) == 0)
			kinds[i].run();
	}
	bad("kind");
}
