/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/uses.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define SHOWN_MAX 10 /* processes that are named for each kind */

int lk_session_uses(struct lk_session *s, struct lk_uses *ret, struct lk_err *err)
{
	lk_auto_mem struct lk_fact_file *files = calloc(s->n_targets ? s->n_targets : 1, sizeof(*files));
	lk_auto_mem size_t *place = calloc(s->n_targets ? s->n_targets : 1, sizeof(*place));
	struct lk_uses_request req = { files, .timeout_ms = s->cli->timeout_ms, .tree = s->cli->recursive };
	size_t n = 0;
	int rc;

	*ret = (struct lk_uses){ 0 };
	if (!files || !place)
		return lk_err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < s->n_targets; i++) {
		if (!s->targets[i].resolved || s->targets[i].file.key.none)
			continue;
		place[n] = i;
		files[n++] = s->targets[i].file;
	}
	if (!n)
		return 0;
	req.n_files = n;
	rc = lk_uses_find(s->source, &req, ret, err);
	for (size_t i = 0; i < ret->v.n; i++)
		ret->v.v[i].file = place[ret->v.v[i].file];
	return rc;
}

static bool is_skipped(int pid, const struct lk_uses_skip *skip, size_t n_skip)
{
	for (size_t k = 0; k < n_skip; k++) {
		for (size_t i = 0; i < skip[k].n; i++) {
			if (skip[k].pids[i] == pid)
				return true;
		}
	}
	return false;
}

static void put_user(const struct lk_out *o, const struct lk_use *use)
{
	bool by_process = lk_use_words(use->kind)->by_process;

	if (use->pid > 0) {
		fprintf(o->f, "%d (", use->pid);
		lk_out_puts(o, use->comm ? use->comm : "?");
	} else if (by_process) {
		fputs("one that could not be found (", o->f);
		lk_out_puts(o, use->what ? use->what : "?");
	} else if (use->what) {
		lk_out_puts(o, use->what);
	}
	/* The path that is used, where it is not that of the FILE; the number of a socket helps nobody. */
	if (use->pid > 0 && use->what && (use->below || use->kind == LK_USE_OPEN || use->kind == LK_USE_PATH)) {
		fputs(": ", o->f);
		lk_out_puts(o, use->what);
	}
	if (by_process)
		putc(')', o->f);
	if (!use->certain)
		fputs(", perhaps", o->f);
}

/* Uses of one kind by others than those skipped. A process that has several descriptors is named once. */
struct group {
	const struct lk_use **uses;
	size_t n;
};

static int collect(const struct lk_uses *u, size_t file, bool below, enum lk_use_kind kind,
		   const struct lk_uses_skip *skip, size_t n_skip, struct group *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < u->v.n; i++) {
		const struct lk_use *use = &u->v.v[i];

		if (use->file != file || use->below != below || use->kind != kind || use->locked ||
		    (use->pid > 0 && is_skipped(use->pid, skip, n_skip)))
			continue;
		if (use->pid > 0 && ret->n && ret->uses[ret->n - 1]->pid == use->pid)
			continue;
		ret->uses[ret->n++] = use;
	}
	return ret->n > 0;
}

static void put_group(const struct lk_out *o, enum lk_use_kind kind, const struct group *g)
{
	const struct lk_use_words *words = lk_use_words(kind);

	fputs(words->how, o->f);
	if (words->one)
		fprintf(o->f, " %zu %s", g->n, g->n == 1 ? words->one : words->many);
	if (!words->one && !g->uses[0]->what)
		return;
	for (size_t i = 0; i < g->n && i < SHOWN_MAX; i++) {
		fputs(i ? ", " : ": ", o->f);
		put_user(o, g->uses[i]);
	}
	if (g->n > SHOWN_MAX)
		fprintf(o->f, " and %zu more", g->n - SHOWN_MAX);
}

size_t lk_uses_print(const struct lk_out *o, const struct lk_uses *u, size_t file, bool below,
		     const struct lk_uses_skip *skip, size_t n_skip, const char *before)
{
	lk_auto_mem const struct lk_use **uses = calloc(u->v.n ? u->v.n : 1, sizeof(*uses));
	struct group g = { .uses = uses };
	size_t n = 0;

	for (enum lk_use_kind kind = 0; uses && kind < LK_N_USE_KINDS; kind++) {
		/* That has a line of its own (cli/who_beside.h). */
		if (kind == LK_USE_OVERLAY)
			continue;
		if (!collect(u, file, below, kind, skip, n_skip, &g))
			continue;
		fputs(n++ ? "; " : before, o->f);
		put_group(o, kind, &g);
	}
	return n;
}
