/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the path of a file, component by component, as seen from our own root directory. Included by lock_dump.bpf.c only.
 *
 * A name and its directory are read together under the sequence count of the directory entry, which a rename changes. A path that cannot be
 * read this way (a pipe or memfd has no directory; a rename happened meanwhile) is left to user space. */
#ifndef LK_SOURCE_BPF_NAMES_H
#define LK_SOURCE_BPF_NAMES_H

#include "source/bpf/state.h"

#define MAX_COMPONENTS 96
/* Records that one path can need. */
#define NAMES_PER_PATH (MAX_COMPONENTS * 5)

struct lk_bpf_climb p;

static __always_inline struct lk_bpf_name *name_at(uint32_t index)
{
	uint32_t key = index - ctl.drained.names;

	return bpf_map_lookup_elem(&names, &key);
}

static __always_inline void set_parent(uint32_t parent)
{
	struct lk_bpf_name *child = p.child == LK_BPF_NONE ? 0 : name_at(p.child);

	if (child)
		child->parent = parent;
	if (p.first == LK_BPF_NONE)
		p.first = parent;
}

/* Adds a record of the name of this directory entry. Returns its directory; 0: it was renamed meanwhile, or there is no room. */
static __always_inline uint64_t add_name(uint64_t dentry)
{
	struct dentry *d = AS(dentry, dentry);
	uint32_t index = ctl.made.names, sequence = READ(d, d_seq.seqcount.sequence), len = READ(d, d_name.len);
	uint64_t parent = READ64(d, d_parent), bytes = READ64(d, d_name.name);
	struct lk_bpf_name *r = name_at(index);

	if (!r || len > 255)
		return 0;
	r->parent = LK_BPF_NONE;
	r->len = (uint16_t)len;
	bpf_probe_read_kernel(r->bytes, sizeof(r->bytes), (const void *)bytes);
	ctl.made.names++;
#pragma clang loop unroll(disable)
	for (uint32_t i = 0; i < 4; i++) {
		if (len <= LK_BPF_NAME_BYTES + i * LK_BPF_NAME_MORE)
			break;
		r = name_at(ctl.made.names);
		if (!r)
			return 0;
		bpf_probe_read_kernel(r, sizeof(*r), (const void *)(bytes + LK_BPF_NAME_BYTES + i * LK_BPF_NAME_MORE));
		ctl.made.names++;
	}
	set_parent(index);
	p.child = index;
	d = AS(dentry, dentry);
	return sequence & 1 || READ(d, d_seq.seqcount.sequence) != sequence || READ64(d, d_name.name) != bytes ? 0
													       : parent;
}

static long climb_step(uint32_t i, void *unused)
{
	uint64_t mount = p.mnt - bpf_core_field_offset(struct mount, mnt), parent;
	struct seen *s;
	int alone;

	if (p.dentry == p.root_dentry && p.mnt == p.root_mnt) {
		set_parent(LK_BPF_ROOT);
		return 1;
	}
	if (p.dentry == GET64(mount, mount, mnt.mnt_root)) {
		parent = GET64(mount, mount, mnt_parent);
		if (parent == mount || !parent) {
			/* The root of another mount namespace, or of a detached mount. */
			set_parent(LK_BPF_ROOT);
			return 1;
		}
		p.dentry = GET64(mount, mount, mnt_mountpoint);
		p.mnt = parent + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	/* A pipe or memfd has a name but no directory. */
	alone = GET64(dentry, p.dentry, d_parent) == p.dentry;
	if (alone && p.child != LK_BPF_NONE)
		return 1;
	/* Directories are met again and again, so each is recorded once; a file is asked for only once anyway. */
	s = p.child == LK_BPF_NONE ? 0 : seen_at(seen_slot(number(p.dentry), number(p.mnt)));
	if (s && s->index != LK_BPF_NONE) {
		set_parent(s->index);
		return 1;
	}
	if (s)
		s->index = ctl.made.names;
	p.dentry = add_name(p.dentry);
	return alone || !p.dentry;
}

/* Records the path of a file. The index of its last component; LK_BPF_NONE: not known; LK_BPF_ROOT: the file is the root directory itself,
 * ours or the one where its path begins. */
__attribute__((noinline)) uint32_t climb(uint64_t file)
{
	struct file *f = AS(file, file);

	p.dentry = READ64(f, f_path.dentry);
	p.mnt = READ64(f, f_path.mnt);
	p.first = p.child = LK_BPF_NONE;
	if (!p.root_mnt) {
		struct task_struct *me = AS(task_struct, bpf_get_current_task());
		uint64_t fs = READ64(me, fs);

		p.root_dentry = GET64(fs_struct, fs, root.dentry);
		p.root_mnt = GET64(fs_struct, fs, root.mnt);
	}
	if (p.dentry)
		bpf_loop(MAX_COMPONENTS, climb_step, 0, 0);
	return p.first;
}

#endif
