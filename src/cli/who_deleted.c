/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/who_deleted.h"

#include <errno.h>

int lk_who_deleted_find(const struct lk_session *s, const struct lk_asked *target, lk_namesakes *ret)
{
	/* One that does not answer is not asked a second time. */
	if (target->code == -ETIMEDOUT || !target->path[0])
		return 0;
	lk_namesakes_find(s->source, s->snap, target->path, target->resolved ? &target->file : NULL, !s->cli->physical,
			  ret);
	return 0;
}

static void print(void *arg, const char *sentence)
{
	const struct lk_out *o = arg;

	lk_out_puts(o, sentence);
	putc('\n', o->f);
}

int lk_who_deleted_print(const struct lk_out *o, const lk_namesakes *list)
{
	lk_namesakes_tell(list, print, (void *)o);
	return 0;
}

static void say(void *arg, const char *sentence)
{
	lk_say("%s: %s", (const char *)arg, sentence);
}

int lk_who_deleted_say(const struct lk_asked *target, const lk_namesakes *list)
{
	lk_namesakes_tell(list, say, (void *)target->path);
	return 0;
}

int lk_who_deleted_say_all(const struct lk_session *s)
{
	int rc = 0;

	for (size_t i = 0; i < s->n_targets && !rc; i++) {
		lk_namesakes list = { 0 };

		rc = lk_who_deleted_find(s, &s->targets[i], &list);
		rc = rc ? rc : lk_who_deleted_say(&s->targets[i], &list);
		lk_vec_done(&list);
	}
	return rc;
}

static void add(void *arg, const char *sentence)
{
	lk_buf *b = arg;

	lk_buf_puts(b, b->n ? ", " : "; but ");
	lk_buf_puts(b, sentence);
}

const char *lk_who_deleted_but(struct lk_session *s)
{
	const char *text = NULL;
	lk_namesakes list = { 0 };
	lk_buf b = { 0 };

	lk_who_deleted_find(s, &s->targets[0], &list);
	lk_namesakes_tell(&list, add, &b);
	if (b.n && lk_buf_str(&b))
		text = lk_arena_printf(&s->arena, "%s: two programs may each think that they have it", b.v);
	lk_vec_done(&b);
	lk_vec_done(&list);
	return text ? text : "";
}
