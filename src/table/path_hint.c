/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names by which a file with an unreachable path is found from here. */
#include "table/path_hint.h"

#include "source/host/procroot.h"

void lk_path_from_here(const struct lk_lock *l, lk_buf *out)
{
	const struct lk_holder *h = l->waiter ? l->waiter : l->n_holders ? &l->holders[0] : NULL;
	const struct lk_file *f = l->file;

	if (f->unreachable != LK_YES || !h)
		return;
	if (f->foreign_mnt_ns && f->deleted == LK_NO) {
		lk_procroot_spell(h->pid, h->tid, "root", out);
		lk_buf_puts(out, f->seen_path);
	} else if (h->fd >= 0) {
		lk_procroot_spell(h->pid, h->tid, lk_procroot_name("fd/%d", h->fd).s, out);
	}
}

void lk_path_hint(const struct lk_lock *l, bool live, lk_buf *out)
{
	const struct lk_file *f = l->file;
	lk_buf name = { 0 };

	if (lk_file_reachable(f) != LK_NO || f->path == f->seen_path + 1)
		return;
	lk_buf_puts(out, f->foreign_mnt_ns ? "a path of another mount namespace"
					   : "on a mount that was detached, or outside of this root directory");
	if (live)
		lk_path_from_here(l, &name);
	if (name.n)
		lk_buf_printf(out, "; from here it is %s", lk_buf_str(&name));
	lk_vec_done(&name);
}
