/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as the BPF program could leave them after it read memory that was freed: any numbers. The first five bytes say how many there
 * are of each kind. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "source/bpf/bpf_dump_private.h"
#include "source/bpf/bpf_private.h"

struct rest {
	const uint8_t *p;
	size_t n;
};

/* An array of its own, so that a sanitizer sees a read past its end. What the input does not have is zero. */
static void *records(struct rest *r, size_t n, size_t size)
{
	uint8_t *v = calloc(n ? n : 1, n ? size : 1);
	size_t have = r->n < n * size ? r->n : n * size;

	LK_FUZZ_MUST(v);
	memcpy(v, r->p, have);
	r->p += have;
	r->n -= have;
	return v;
}

static void check_path(const struct lk_bpf_dump *d, const struct lk_bpf_inode *i)
{
	static const size_t sizes[] = { 1, 2, 60, 5000 };

	for (size_t k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
		lk_auto_mem char *buf = malloc(sizes[k]);
		int rc;

		LK_FUZZ_MUST(buf);
		rc = lk_bpf_path(d, i, buf, sizes[k]);
		LK_FUZZ_MUST(rc < (int)sizes[k]);
		LK_FUZZ_MUST(rc <= 0 || (buf[0] == '/' && buf[rc] == '\0'));
	}
}

/* A waiter's descriptor is one of its own that leads to the file it waits for. */
static void check_waiter(const struct bpf_records *r, const struct lk_bpf_lock *l)
{
	bool found = l->wait_fd == -1 || !l->wait_tid;

	for (size_t i = 0; i < r->holds.n && !found; i++) {
		const struct lk_bpf_hold *h = &r->holds.v[i];

		found = h->fd == l->wait_fd && h->tgid == l->wait_tgid && h->file == l->file;
	}
	LK_FUZZ_MUST(found);
}

static void check_record(const struct lk_bpf_inode *inode, const struct lk_bpf_lock *l)
{
	struct lk_record r = lk_bpf_record(inode, l);

	LK_FUZZ_MUST(*lk_type_name(r.type) && *lk_mode_name(r.mode));
	LK_FUZZ_MUST(r.type != LK_TYPE_UNKNOWN || *r.type_word);
	(void)lk_record_hash(&r);
}

static void check_locks(struct bpf_records *r)
{
	struct lk_bpf_inode inode = { .ino = 1 };

	for (size_t i = 0; i < r->locks.n; i++) {
		struct lk_bpf_lock *l = &r->locks.v[i];

		check_record(r->inodes.n ? &r->inodes.v[i % r->inodes.n] : &inode, l);
		l->wait_fd = -1;
	}
	lk_bpf_join(r);
	for (size_t i = 0; i < r->locks.n; i++)
		check_waiter(r, &r->locks.v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n_names = size < 6 ? 0 : data[0], n_inodes = size < 6 ? 0 : data[1] % 8;
	size_t n_holds = size < 6 ? 0 : data[2] % 16, n_locks = size < 6 ? 0 : data[3] % 16;
	size_t n_calls = size < 6 ? 0 : data[4] % 16;
	struct rest rest = { data + 5, size < 6 ? 0 : size - 5 };
	struct bpf_records r = { 0 };
	struct lk_bpf_dump d = { .n_names = n_names };

	if (size < 6)
		return 0;
#define TAKE(kind, count) (r.kind.v = records(&rest, (count), sizeof(*r.kind.v)), r.kind.n = r.kind.cap = (count))
	TAKE(inodes, n_inodes);
	TAKE(holds, n_holds);
	TAKE(locks, n_locks);
	TAKE(calls, n_calls);
	TAKE(names, n_names);
	d.names = r.names.v;
	for (size_t i = 0; i < n_inodes; i++)
		check_path(&d, &r.inodes.v[i]);
	check_locks(&r);
	free(r.inodes.v);
	free(r.holds.v);
	free(r.locks.v);
	free(r.calls.v);
	free(r.names.v);
	return 0;
}
