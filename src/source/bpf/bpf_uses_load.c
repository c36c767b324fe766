/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/bpf/bpf_uses_load.h"

#include <errno.h>

#ifdef LK_WITH_BPF

#include <linux/bpf.h>
#include <unistd.h>

#include "source/bpf/bpf_dump_private.h"
#include "source/bpf/skeletons.h"

#define N_BATCH 256

int lk_bpf_uses_load(struct lk_bpf_uses_program *ret, size_t n_files, size_t n_pids)
{
	struct file_uses *s = file_uses__open();
	int rc;

	if (!s)
		return -ENOMEM;
	if (!n_files || n_files > BPF_ROOM_MAX || !n_pids || n_pids > BPF_ROOM_MAX)
		return -E2BIG;
	s->maps.watched.max_entries = (uint32_t)n_files;
	s->maps.asked.max_entries = (uint32_t)n_pids;
	rc = file_uses__load(s);
	if (rc < 0)
		return rc;
	ret->progs[LK_BPF_LOOK_FDS] = s->progs.lk_descriptors.prog_fd;
	ret->progs[LK_BPF_LOOK_PLACES] = s->progs.lk_places.prog_fd;
	ret->progs[LK_BPF_LOOK_MAPS] = s->progs.lk_mappings.prog_fd;
	ret->watched = s->maps.watched.map_fd;
	ret->asked = s->maps.asked.map_fd;
	ret->n_torn = &s->bss->n_torn;
	return 0;
}

static int map_call(int cmd, int map, const void *key, uint32_t *value)
{
	union bpf_attr attr = { .map_fd = (uint32_t)map,
				.key = (uint64_t)(uintptr_t)key,
				.value = (uint64_t)(uintptr_t)value };

	return lk_bpf_sys(cmd, &attr);
}

int lk_bpf_uses_watch(const struct lk_bpf_uses_program *p, const struct lk_key *key)
{
	struct lk_bpf_watched file = { .ino = key->ino, .major = key->major, .minor = key->minor };
	uint32_t value = 0;

	return key->none ? 0 : map_call(BPF_MAP_UPDATE_ELEM, p->watched, &file, &value);
}

int lk_bpf_uses_ask(const struct lk_bpf_uses_program *p, int pid)
{
	uint32_t met = 0;

	return map_call(BPF_MAP_UPDATE_ELEM, p->asked, &pid, &met);
}

bool lk_bpf_uses_has_met(const struct lk_bpf_uses_program *p, int pid)
{
	uint32_t met = 0;

	return map_call(BPF_MAP_LOOKUP_ELEM, p->asked, &pid, &met) == 0 && met;
}

/* EAGAIN: the kernel made a pause after very many objects. */
static ssize_t read_batch(int fd, struct lk_bpf_use *v)
{
	ssize_t n;

	do {
		n = read(fd, v, N_BATCH * sizeof(*v));
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? -errno : n;
}

static int read_look(int prog_fd, lk_bpf_uses_cb cb, void *arg)
{
	int link_fd = lk_bpf_create_link(prog_fd, 0), rc = 0, fd;
	union bpf_attr attr = { .iter_create = { .link_fd = (uint32_t)link_fd } };
	struct lk_bpf_use v[N_BATCH];
	ssize_t n = 1;

	if (link_fd < 0)
		return link_fd;
	fd = lk_bpf_sys(BPF_ITER_CREATE, &attr);
	while (fd >= 0 && !rc && n > 0) {
		n = read_batch(fd, v);
		if (n > 0)
			rc = (size_t)n % sizeof(*v) ? -EPROTO : cb(arg, v, (size_t)n / sizeof(*v));
	}
	if (fd >= 0)
		close(fd);
	close(link_fd);
	if (fd < 0)
		return fd;
	return n < 0 ? (int)n : rc;
}

int lk_bpf_uses_read(const struct lk_bpf_uses_program *p, lk_bpf_uses_cb cb, void *arg, size_t *ret_torn)
{
	int rc = 0;

	*p->n_torn = 0;
	for (int i = 0; i < LK_BPF_N_LOOKS && !rc; i++)
		rc = read_look(p->progs[i], cb, arg);
	*ret_torn = *(volatile uint32_t *)p->n_torn;
	return rc;
}

#else

int lk_bpf_uses_load(struct lk_bpf_uses_program *ret, size_t n_files, size_t n_pids)
{
	(void)ret;
	(void)n_files;
	(void)n_pids;
	return -EOPNOTSUPP;
}

int lk_bpf_uses_watch(const struct lk_bpf_uses_program *p, const struct lk_key *key)
{
	(void)p;
	(void)key;
	return -EOPNOTSUPP;
}

int lk_bpf_uses_ask(const struct lk_bpf_uses_program *p, int pid)
{
	(void)p;
	(void)pid;
	return -EOPNOTSUPP;
}

bool lk_bpf_uses_has_met(const struct lk_bpf_uses_program *p, int pid)
{
	(void)p;
	(void)pid;
	return false;
}

int lk_bpf_uses_read(const struct lk_bpf_uses_program *p, lk_bpf_uses_cb cb, void *arg, size_t *ret_torn)
{
	(void)p;
	(void)cb;
	(void)arg;
	(void)ret_torn;
	return -EOPNOTSUPP;
}

#endif
