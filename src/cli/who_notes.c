/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `who` says below its table: about leases that are being broken, and what could be there beside locks. */
#include <errno.h>

#include "cli/who.h"
#include "table/get.h"
#include "table/known_ranges.h"

static int put_lease(const struct lk_out *o, const struct lk_lock *l, lk_buf *text)
{
	int rc;

	text->n = 0;
	rc = l->pid > 0 ? lk_buf_printf(text, "The lease of process %d is ", l->pid)
			: lk_buf_puts(text, "The lease of a process that is not visible is ");
	rc = rc ? rc : lk_break_text(l, text);
	rc = rc ? rc : lk_buf_puts(text, l->n_blocks ? "." : "; nobody waits for it.");
	if (rc || !lk_buf_str(text))
		return -ENOMEM;
	fprintf(o->f, "%s\n", lk_buf_str(text));
	return 0;
}

int lk_who_put_leases(const struct lk_out *o, const struct lk_who *w)
{
	lk_buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; i < w->locks.n && rc == 0; i++) {
		if (w->locks.v[i]->rec.break_to)
			rc = put_lease(o, w->locks.v[i], &text);
	}
	lk_vec_done(&text);
	return rc;
}

bool lk_who_may_have_mutex(const struct lk_who *w)
{
	const char *path = w->target->resolved && w->target->file.path ? w->target->file.path : w->target->path;

	return lk_known_may_have_mutex(lk_known_find(w->locks.v, w->locks.n, path), path);
}

void lk_who_put_mutex(const struct lk_out *o, const struct lk_who *w)
{
	if (lk_who_may_have_mutex(w))
		fputs("There may be a mutex inside this file, which is not a kernel file lock: who has it or waits for it is not among "
		      "these.\n",
		      o->f);
}
