/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers and calls of x86-64 threads and of 32-bit ones on the same processor. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "action/inject_private.h"
#include "action/sys.h"

#ifdef __x86_64__

#define CODE_32 0x23 /* the code segment of 32-bit programs, arch/x86/include/asm/segment.h */
#define VDSO_PAGES 8
#define PAGE 4096
#define CALL_BYTES 2 /* of the instruction that makes a system call */

#define AUXV_MAX 2048 /* bytes; the kernel keeps about 50 pairs of words */

#define NR_FCNTL 72
#define NR_MMAP 9
#define NR_MUNMAP 11
#define NR_FCNTL64_32 221
#define NR_MMAP2_32 192
#define NR_MUNMAP_32 91
#define SETLK64_32 13
#define NR_SOCKETCALL_32 102
#define SOCKETCALL_CONNECT 3

/* Numbers of calls that have done nothing but wait when they end with EINTR, so that they can be made again: not connect(2) or close(2). */
static const int repeatable[] = { 0,   1,   19,  20,  43,  44,  45,  46,  47,  65, 128,
				  208, 220, 232, 281, 288, 299, 307, 333, 426, 441 };
static const int repeatable_32[] = { 3,   4,   102, 117, 145, 146, 177, 247, 256, 319, 337, 345,
				     364, 369, 370, 371, 372, 385, 416, 417, 420, 421, 426, 441 };

static bool is_32bit(const struct user_regs_struct *regs)
{
	return regs->cs == CODE_32;
}

static const unsigned char *call_bytes(const struct lk_tracee *t)
{
	static const unsigned char native[CALL_BYTES] = { 0x0f, 0x05 }, old[CALL_BYTES] = { 0xcd, 0x80 };

	return is_32bit(&t->regs) ? old : native;
}

static int read_memory(const struct lk_tracee *t, uint64_t address, void *buf, size_t n)
{
	return t->trace->read_memory(t->trace->arg, t->tid, address, buf, n);
}

/* Address of the vdso(7), from the auxiliary vector of the process; 0: none. */
static uint64_t vdso_address(const struct lk_tracee *t)
{
	size_t size = is_32bit(&t->regs) ? 4 : 8;
	char text[AUXV_MAX];
	ssize_t n = t->trace->read_task(t->trace->arg, t->job->pid, t->tid, "auxv", text, sizeof(text));
	uint64_t found = 0;

	for (size_t i = 0; n > 0 && i + 2 * size <= (size_t)n; i += 2 * size) {
		uint64_t kind = 0, value = 0;

		memcpy(&kind, text + i, size);
		memcpy(&value, text + i + size, size);
		if (kind == AT_SYSINFO_EHDR)
			found = value;
	}
	return found;
}

static bool find_in_page(const struct lk_tracee *t, uint64_t page, uint64_t *ret)
{
	unsigned char bytes[PAGE];
	const unsigned char *at;

	if (read_memory(t, page, bytes, sizeof(bytes)) < 0)
		return false;
	at = memmem(bytes, sizeof(bytes), call_bytes(t), CALL_BYTES);
	if (at)
		*ret = page + (uint64_t)(at - bytes);
	return at != NULL;
}

/* A thread that sleeps in a call is right behind such an instruction. For any other thread one is looked for in the vdso(7), then in the
 * page of code that it runs. */
int lk_tracee_find_instruction(struct lk_tracee *t)
{
	unsigned char bytes[CALL_BYTES];
	uint64_t before = t->regs.rip - CALL_BYTES, page;

	if (read_memory(t, before, bytes, sizeof(bytes)) == 0 && memcmp(bytes, call_bytes(t), CALL_BYTES) == 0) {
		t->instruction = before;
		return 0;
	}
	page = vdso_address(t);
	for (int i = 0; page && i < VDSO_PAGES; i++) {
		if (find_in_page(t, page + (uint64_t)i * PAGE, &t->instruction))
			return 0;
	}
	return find_in_page(t, t->regs.rip & ~(uint64_t)(PAGE - 1), &t->instruction) ? 0 : -ENOENT;
}

static size_t make_flock(const struct lk_tracee *t, unsigned char out[LK_FLOCK_MAX])
{
	struct flock native = lk_sys_flock(F_UNLCK, t->job->range);
	int64_t start = native.l_start, len = native.l_len;
	size_t n = lk_flock_size(LK_FLOCK_I386_64);

	memset(out, 0, LK_FLOCK_MAX);
	if (!is_32bit(&t->regs)) {
		memcpy(out, &native, sizeof(native));
		return sizeof(native);
	}
	memcpy(out, &native.l_type, sizeof(native.l_type));
	memcpy(out + 4, &start, sizeof(start));
	memcpy(out + 12, &len, sizeof(len));
	return n;
}

int lk_tracee_write_flock(const struct lk_tracee *t)
{
	unsigned char flock[LK_FLOCK_MAX];
	size_t n = make_flock(t, flock);

	return t->trace->write_memory(t->trace->arg, t->tid, t->page, flock, n);
}

/* Read-only: other threads of the process cannot change the argument that is written there. */
struct lk_call lk_tracee_map_call(const struct lk_tracee *t)
{
	return (struct lk_call){ .nr = is_32bit(&t->regs) ? NR_MMAP2_32 : NR_MMAP,
				 .args = { 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, 0 },
				 .n_args = 6 };
}

struct lk_call lk_tracee_release_call(const struct lk_tracee *t)
{
	return (struct lk_call){ .nr = is_32bit(&t->regs) ? NR_FCNTL64_32 : NR_FCNTL,
				 .args = { (unsigned)t->job->fd, is_32bit(&t->regs) ? SETLK64_32 : F_SETLK, t->page },
				 .n_args = 3,
				 .is_release = true };
}

struct lk_call lk_tracee_unmap_call(const struct lk_tracee *t)
{
	return (struct lk_call){ .nr = is_32bit(&t->regs) ? NR_MUNMAP_32 : NR_MUNMAP,
				 .args = { t->page, PAGE },
				 .n_args = 2 };
}

/* The registers of the arguments of a system call, in their order (syscall(2)). */
static void argument_registers(struct user_regs_struct *regs, unsigned long long *ret[LK_TRACEE_ARGS])
{
	unsigned long long *native[] = { &regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8, &regs->r9 };
	unsigned long long *old[] = { &regs->rbx, &regs->rcx, &regs->rdx, &regs->rsi, &regs->rdi, &regs->rbp };

	memcpy(ret, is_32bit(regs) ? old : native, sizeof(native));
}

/* Cut to 32 bits for a 32-bit program. */
static uint64_t argument(const struct lk_tracee *t, uint64_t value)
{
	return is_32bit(&t->regs) ? (uint32_t)value : value;
}

int lk_tracee_set_call(const struct lk_tracee *t, const struct lk_call *call)
{
	struct user_regs_struct regs = t->regs;
	unsigned long long *to[LK_TRACEE_ARGS];

	argument_registers(&regs, to);
	for (unsigned i = 0; i < call->n_args; i++)
		*to[i] = argument(t, call->args[i]);
	regs.rip = t->instruction;
	regs.rax = call->nr;
	/* Else the kernel would take this for a restart of the call in which the thread was stopped. */
	regs.orig_rax = (unsigned long long)-1;
	return t->trace->set_regs(t->trace->arg, t->tid, &regs);
}

bool lk_tracee_is_call(const struct lk_tracee *t, const struct lk_trace_call *now, const struct lk_call *call)
{
	uint32_t arch = is_32bit(&t->regs) ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;

	if (now->at != LK_TRACE_ENTRY || now->arch != arch || now->ip != t->instruction + CALL_BYTES ||
	    now->nr != call->nr)
		return false;
	for (unsigned i = 0; i < call->n_args; i++) {
		if (now->args[i] != argument(t, call->args[i]))
			return false;
	}
	return true;
}

int lk_tracee_skip_call(const struct lk_tracee *t)
{
	struct user_regs_struct regs;
	int rc = t->trace->get_regs(t->trace->arg, t->tid, &regs);

	if (rc < 0)
		return rc;
	regs.orig_rax = (unsigned long long)-1;
	return t->trace->set_regs(t->trace->arg, t->tid, &regs);
}

static int64_t returned(const struct user_regs_struct *regs)
{
	return is_32bit(regs) ? (int32_t)regs->rax : (int64_t)regs->rax;
}

static bool is_in(const int *list, size_t n, int64_t nr)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i] == nr)
			return true;
	}
	return false;
}

static bool is_repeatable(const struct user_regs_struct *regs)
{
	int64_t nr = (int64_t)regs->orig_rax;

	if (!is_32bit(regs))
		return is_in(repeatable, sizeof(repeatable) / sizeof(*repeatable), nr);
	if (nr == NR_SOCKETCALL_32 && regs->rbx == SOCKETCALL_CONNECT)
		return false;
	return is_in(repeatable_32, sizeof(repeatable_32) / sizeof(*repeatable_32), nr);
}

/* Is no signal handler of the program about to run? */
static bool is_undisturbed(struct lk_tracee *t)
{
	struct lk_tracee_signals s = { 0 };

	if (lk_tracee_signals(t, &s) < 0)
		return false;
	if (t->sig && !(s.ignored >> (t->sig - 1) & 1))
		return false;
	return (s.pending & ~(t->held ? t->mask : s.blocked) & ~s.ignored) == 0;
}

/* Some calls return EINTR when the thread is stopped (signal(7)). Unless a signal was the reason, the call is made again. */
static void undo_interruption(struct lk_tracee *t, struct user_regs_struct *regs)
{
	if (returned(regs) != -EINTR || !is_repeatable(regs) || !is_undisturbed(t))
		return;
	regs->rax = regs->orig_rax;
	regs->rip -= CALL_BYTES;
}

int lk_tracee_restore_regs(struct lk_tracee *t)
{
	struct user_regs_struct regs = t->regs;

	if (t->held && t->abort)
		regs.rip = t->abort;
	else
		undo_interruption(t, &regs);
	return t->trace->set_regs(t->trace->arg, t->tid, &regs);
}

/* Reads struct rseq and struct rseq_cs of linux/rseq.h. Running a call in the middle of a restartable sequence breaks it as a change of
 * the processor does: the thread goes on at the abort address, where the kernel would send it then. */
uint64_t lk_tracee_sequence_abort(const struct lk_tracee *t)
{
	struct {
		uint32_t version, flags;
		uint64_t start, length, abort;
	} sequence;
	uint64_t address = 0, pointer = 0;

	if (t->trace->rseq_address(t->trace->arg, t->tid, &address) < 0 || !address)
		return 0;
	if (read_memory(t, address + 8, &pointer, sizeof(pointer)) < 0 || !pointer)
		return 0;
	if (read_memory(t, pointer, &sequence, sizeof(sequence)) < 0)
		return 0;
	return t->regs.rip >= sequence.start && t->regs.rip - sequence.start < sequence.length ? sequence.abort : 0;
}

#endif
