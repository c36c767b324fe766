/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "action/words.h"

#define NAMED_MAX 3

const char *lk_words_process(struct lk_arena *a, int pid, const char *comm)
{
	if (!comm || !comm[0])
		return lk_arena_printf(a, "process %d", pid);
	return lk_arena_printf(a, "process %d (%s)", pid, comm);
}

static const char *type_words(enum lk_type t)
{
	static const char *const words[] = { "POSIX", "OFD", "flock", "lease", "delegation", "unknown" };

	return words[t];
}

const char *lk_words_lock(struct lk_arena *a, const struct lk_lock *l)
{
	const struct lk_file *file = l->file;
	char range[LK_RANGE_TEXT], key[LK_KEY_TEXT];
	const char *path = file && file->path ? file->path : lk_key_format(&l->rec.key, key);
	const char *kind = l->rec.type == LK_TYPE_LEASE || l->rec.type == LK_TYPE_DELEG ? "" : " lock";

	/* What a lease is that is being broken is not always known. */
	if (l->rec.mode == LK_MODE_UNKNOWN && lk_range_is_whole(l->rec.range))
		return lk_arena_printf(a, "the %s%s on %s", type_words(l->rec.type), kind, path);
	if (lk_range_is_whole(l->rec.range))
		return lk_arena_printf(a, "the %s %s%s on %s", type_words(l->rec.type), lk_mode_name(l->rec.mode), kind,
				       path);
	return lk_arena_printf(a, "the %s %s%s on %s, bytes %s", type_words(l->rec.type), lk_mode_name(l->rec.mode),
			       kind, path, lk_range_format(l->rec.range, range));
}

const char *lk_words_waiters(struct lk_arena *a, const struct lk_lock *l)
{
	const char *text = NULL;
	size_t n = 0;

	for (size_t i = 0; i < l->n_blocks && n < NAMED_MAX; i++, n++) {
		const struct lk_lock *w = l->blocks[i];
		const char *one = w->pid > 0 ? lk_words_process(a, w->pid, w->proc ? w->proc->comm : NULL)
					     : "a process that cannot be seen";

		if (!one)
			return NULL;
		text = text ? lk_arena_printf(a, "%s, %s", text, one) : one;
		if (!text)
			return NULL;
	}
	if (l->n_blocks > n)
		text = lk_arena_printf(a, "%s and %zu more", text, l->n_blocks - n);
	return text;
}
