/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/who_paths.h"

#include "table/path_hint.h"

#define NOTES_MAX 10 /* files; -R may meet a whole container */

static bool was_before(const struct lk_who *w, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (w->locks.v[k]->file == w->locks.v[i]->file)
			return true;
	}
	return false;
}

void lk_who_note_paths(const struct lk_out *o, const struct lk_who *w, bool live)
{
	lk_buf hint = { 0 };

	for (size_t i = 0, n = 0; i < w->locks.n && n < NOTES_MAX; i++) {
		const struct lk_file *file = w->locks.v[i]->file;

		if (lk_file_reachable(file) != LK_NO || was_before(w, i))
			continue;
		hint.n = 0;
		if (lk_path_hint(w->locks.v[i], live, &hint) < 0 || !hint.n)
			continue;
		n++;
		lk_out_puts(o, file->path);
		fputs(": ", o->f);
		lk_out_puts(o, lk_buf_str(&hint));
		putc('\n', o->f);
	}
	lk_vec_done(&hint);
}
