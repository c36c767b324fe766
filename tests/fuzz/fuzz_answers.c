/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What helper processes answer. The first byte chooses who is asked; the rest is the answer, for the uses of a file several of them, each
 * behind its length in two bytes (bpf: one). */
#include <string.h>

#include "fuzz.h"
#include "source/bpf/bpf_private.h"
#include "source/bpf/file_uses.h"
#include "source/host/procfacts.h"
#include "source/procfs/procfs_uses.h"

#define N_FILES 2

/* These are structures of our own program: no compiler writes another byte into a bool. */
static void mend_bool(char *message, size_t n, size_t at)
{
	if (at < n)
		message[at] &= 1;
}

static void fuzz_resolve(const uint8_t *p, size_t n)
{
	struct lk_arena arena = { 0 };
	struct lk_fact_file file;
	struct resolve_answer a;
	char *answer = malloc(n ? n : 1);
	int answer_rc;

	LK_FUZZ_MUST(answer);
	memcpy(answer, p, n);
	mend_bool(answer, n, offsetof(struct resolve_answer, file.has_stat));
	mend_bool(answer, n, offsetof(struct resolve_answer, file.mandatory_bits));
	mend_bool(answer, n, offsetof(struct resolve_answer, file.key.none));
	if (lk_resolve_take(&arena, answer, n, &answer_rc, &file) == 0) {
		LK_FUZZ_MUST(file.path && strlen(file.path) <= n - sizeof(a));
		LK_FUZZ_MUST((!file.fstype || *file.fstype) && (!file.mount_point || *file.mount_point));
	} else {
		LK_FUZZ_MUST(n < sizeof(a));
	}
	free(answer);
	lk_arena_done(&arena);
}

static int see_facts(void *arg, size_t i, const struct lk_procfacts *f)
{
	size_t sum = (f->user ? strlen(f->user) : 0) + (f->cmdline ? strlen(f->cmdline) : 0) +
		     (f->cgroup ? strlen(f->cgroup) : 0);

	LK_FUZZ_MUST(i == 7 && sum <= *(size_t *)arg);
	return 0;
}

static void fuzz_facts(const uint8_t *p, size_t n)
{
	int rc = lk_procfacts_take((const char *)p, n, 7, see_facts, &n);

	LK_FUZZ_MUST(rc == 0 || rc == -EBADMSG);
}

static void check_uses(struct lk_uses *u)
{
	lk_uses_finish(u);
	for (size_t i = 0; i < u->v.n; i++) {
		const struct lk_use *use = &u->v.v[i];

		LK_FUZZ_MUST(use->file < N_FILES && lk_use_words(use->kind)->name);
		LK_FUZZ_MUST(use->pid > 0 ? use->comm != NULL : !use->comm);
	}
	for (size_t i = 0; i < u->unread.n; i++)
		LK_FUZZ_MUST(!u->unread.v[i].comm || *u->unread.v[i].comm);
	LK_FUZZ_MUST(u->n_procs <= 3);
}

static void fuzz_uses(const uint8_t *p, size_t n)
{
	struct lk_uses u = { .n_procs = 3 };
	struct uses_job j = { .n_files = N_FILES, .result = &u };

	while (n >= 2) {
		size_t length = p[0] | (size_t)p[1] << 8;
		char *message;

		length = length < n - 2 ? length : n - 2;
		message = malloc(length ? length : 1);
		LK_FUZZ_MUST(message);
		memcpy(message, p + 2, length);
		mend_bool(message, length, offsetof(struct uses_message, use.below));
		mend_bool(message, length, offsetof(struct uses_message, use.locked));
		mend_bool(message, length, offsetof(struct uses_message, use.certain));
		lk_uses_take(&j, message, length);
		free(message);
		p += 2 + length;
		n -= 2 + length;
	}
	check_uses(&u);
	lk_uses_done(&u);
}

static void fuzz_bpf_uses(const uint8_t *p, size_t n)
{
	static const struct lk_fact_file files[N_FILES];
	struct lk_uses_request req = { .files = files, .n_files = N_FILES };
	struct procfs_asked asked = { 0 };
	struct lk_uses u = { .n_procs = 3 };
	struct bpf_source source = { 0 };
	struct bpf_asking a = { .source = &source, .req = &req, .asked = &asked, .ret = &u };

	for (size_t length; n; p += length, n -= length) {
		length = 1 + *p++ % 0x90;
		n--;
		length = length < n ? length : n;
		if (length)
			lk_bpf_uses_take(&a, (const char *)p, length);
	}
	check_uses(&u);
	lk_uses_done(&u);
	lk_vec_done(&a.met);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] % 4) {
	case 0:
		fuzz_resolve(data + 1, size - 1);
		break;
	case 1:
		fuzz_facts(data + 1, size - 1);
		break;
	case 2:
		fuzz_uses(data + 1, size - 1);
		break;
	default:
		fuzz_bpf_uses(data + 1, size - 1);
		break;
	}
	return 0;
}
