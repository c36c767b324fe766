/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers and calls of x86-64 threads and of 32-bit ones on the same processor. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "action/inject_private.h"

#ifdef __x86_64__

#define CODE_32 0x23 /* the code segment of 32-bit programs, arch/x86/include/asm/segment.h */
#define RED_ZONE 128 /* bytes below the stack pointer that belong to the function that runs (System V ABI) */
#define ROOM 256 /* for struct flock, with distance to it */
#define VDSO_PAGES 8
#define PAGE 4096
#define CALL_BYTES 2 /* of the instruction that makes a system call */

#define NR_FCNTL 72
#define NR_FCNTL64_32 221
#define SETLK64_32 13
#define NR_SOCKETCALL_32 102
#define SOCKETCALL_CONNECT 3

/* Calls that only wait or transfer nothing when they end with EINTR, so that they can be made again: not connect(2) or close(2). */
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

/* Where the kernel mapped its own code for this program, from its auxiliary vector; 0: nowhere. */
static uint64_t vdso_address(const struct lk_tracee *t)
{
	size_t size = is_32bit(&t->regs) ? 4 : 8;
	uint64_t found = 0;
	lk_buf b = { 0 };

	if (t->trace->read_task(t->trace->arg, t->job->pid, t->tid, "auxv", &b) == 0) {
		for (size_t i = 0; b.n >= 2 * size && i <= b.n - 2 * size; i += 2 * size) {
			uint64_t kind = 0, value = 0;

			memcpy(&kind, b.v + i, size);
			memcpy(&value, b.v + i + size, size);
			if (kind == AT_SYSINFO_EHDR)
				found = value;
		}
	}
	lk_vec_done(&b);
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

/* Just behind it stands a thread that sleeps in a call; another one finds it in the kernel's own code. */
static int find_call(const struct lk_tracee *t, uint64_t *ret)
{
	unsigned char bytes[CALL_BYTES];
	uint64_t before = t->regs.rip - CALL_BYTES, page = vdso_address(t);

	if (read_memory(t, before, bytes, sizeof(bytes)) == 0 && memcmp(bytes, call_bytes(t), CALL_BYTES) == 0) {
		*ret = before;
		return 0;
	}
	for (int i = 0; page && i < VDSO_PAGES; i++) {
		if (find_in_page(t, page + (uint64_t)i * PAGE, ret))
			return 0;
	}
	return find_in_page(t, t->regs.rip & ~(uint64_t)(PAGE - 1), ret) ? 0 : -ENOENT;
}

static size_t make_flock(const struct lk_tracee *t, unsigned char out[LK_FLOCK_MAX])
{
	struct lk_range r = t->job->range;
	int64_t start = r.start, len = lk_range_is_to_eof(r) ? 0 : r.end - r.start + 1;
	struct flock native = { .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
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

static int change_memory(struct lk_tracee *t, struct lk_err *err)
{
	const struct lk_trace *trace = t->trace;
	unsigned char flock[LK_FLOCK_MAX];
	size_t n = make_flock(t, flock);
	int rc;

	t->address = (t->regs.rsp - RED_ZONE - ROOM) & ~UINT64_C(15);
	rc = read_memory(t, t->address, t->saved, n);
	if (rc == 0) {
		/* Said before it is so: whatever happens in between, it is put back. */
		t->n_saved = n;
		rc = trace->write_memory(trace->arg, t->tid, t->address, flock, n);
	}
	return rc < 0 ? lk_err_set(err, rc, "cannot write below the stack of process %d: %s", t->job->pid,
				   strerror(-rc))
		      : 0;
}

static void set_call(const struct lk_tracee *t, struct user_regs_struct *regs, uint64_t instruction)
{
	*regs = t->regs;
	regs->rip = instruction;
	/* Or the kernel would take it for the restart of the call it was stopped in. */
	regs->orig_rax = (unsigned long long)-1;
	if (is_32bit(regs)) {
		regs->rax = NR_FCNTL64_32;
		regs->rbx = (unsigned)t->job->fd;
		regs->rcx = SETLK64_32;
		regs->rdx = t->address;
		return;
	}
	regs->rax = NR_FCNTL;
	regs->rdi = (unsigned)t->job->fd;
	regs->rsi = F_SETLK;
	regs->rdx = t->address;
}

int lk_tracee_prepare(struct lk_tracee *t, struct lk_err *err)
{
	struct user_regs_struct call;
	uint64_t instruction = 0;
	int rc = find_call(t, &instruction);

	if (rc < 0)
		return lk_err_set(err, rc, "no system call instruction was found in process %d", t->job->pid);
	rc = change_memory(t, err);
	if (rc < 0)
		return rc;
	set_call(t, &call, instruction);
	rc = t->trace->set_regs(t->trace->arg, t->tid, &call);
	return rc < 0 ? lk_err_set(err, rc, "cannot set the registers of process %d: %s", t->job->pid, strerror(-rc))
		      : 0;
}

int lk_tracee_skip_call(struct lk_tracee *t)
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

int lk_tracee_result(struct lk_tracee *t, int *ret)
{
	struct user_regs_struct regs;
	int rc = t->trace->get_regs(t->trace->arg, t->tid, &regs);

	if (rc == 0)
		*ret = (int)returned(&regs);
	return rc;
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

/* No handler of the program will run now. */
static bool is_undisturbed(const struct lk_tracee *t)
{
	struct lk_tracee_signals s = { 0 };

	if (lk_tracee_signals(t, &s) < 0)
		return false;
	if (t->sig && !(s.ignored >> (t->sig - 1) & 1))
		return false;
	return (s.pending & ~s.blocked & ~s.ignored) == 0;
}

/* Some calls end with EINTR when a thread is stopped. Unless a signal is the reason, they are made again. */
static void undo_interruption(const struct lk_tracee *t, struct user_regs_struct *regs)
{
	if (returned(regs) != -EINTR || !is_repeatable(regs) || !is_undisturbed(t))
		return;
	regs->rax = regs->orig_rax;
	regs->rip -= CALL_BYTES;
}

int lk_tracee_restore(struct lk_tracee *t)
{
	const struct lk_trace *trace = t->trace;
	struct user_regs_struct regs = t->regs;
	int rc = 0, memory = 0;

	if (t->n_saved)
		memory = trace->write_memory(trace->arg, t->tid, t->address, t->saved, t->n_saved);
	t->n_saved = 0;
	if (t->has_regs) {
		undo_interruption(t, &regs);
		rc = trace->set_regs(trace->arg, t->tid, &regs);
	}
	t->has_regs = false;
	return rc < 0 ? rc : memory;
}

/* struct rseq and struct rseq_cs of linux/rseq.h. */
bool lk_tracee_is_in_sequence(const struct lk_tracee *t)
{
	struct {
		uint32_t version, flags;
		uint64_t start, length, abort;
	} sequence;
	uint64_t address = 0, pointer = 0;

	if (t->trace->rseq_address(t->trace->arg, t->tid, &address) < 0 || !address)
		return false;
	if (read_memory(t, address + 8, &pointer, sizeof(pointer)) < 0 || !pointer)
		return false;
	if (read_memory(t, pointer, &sequence, sizeof(sequence)) < 0)
		return false;
	return t->regs.rip >= sequence.start && t->regs.rip - sequence.start < sequence.length;
}

#endif
