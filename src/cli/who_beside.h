/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Locks that are not on the FILE but belong to the question: on lock files beside it, on what an overlay shows of it, below it. They
 * are remarks, and change neither the answer nor the exit status. */
#ifndef LK_CLI_WHO_BESIDE_H
#define LK_CLI_WHO_BESIDE_H

#include "cli/who.h"
#include "source/uses.h"

struct lk_beside {
	struct lk_asked asked; /* resolved; strings in the session's arena */
	struct lk_who who;
	bool overlay; /* it is the same file as an overlay file system shows it; else a lock file beside it, which is locked */
	struct lk_uses uses; /* of the file of an overlay, where uses are looked for */
};

typedef LK_VEC(struct lk_beside *) lk_besides;

/* Looks for files beside a FILE that are called as lock files are, and are locked; and for the uses of it that are overlays. Names are
 * looked up on local file systems only, and only where a file with a lock may have that name. uses: of all FILEs, NULL: not looked for;
 * i: the number of this one. 0 or -ENOMEM; lk_beside_done() in either case. */
int lk_beside_find(struct lk_session *s, size_t i, const struct lk_uses *uses, lk_besides *ret);
void lk_beside_done(lk_besides *b);

/* How many files below a directory are locked, as their paths say: there may be more. -1: it is no directory. */
int64_t lk_beside_count_below(const struct lk_session *s, const struct lk_asked *target);

/* As JSON says it; ret->companions is to be freed. 0 or -ENOMEM. */
int lk_beside_fill(const lk_besides *b, struct lk_answer_file *ret);

/* A line for each, and one about what is below; nothing where there is nothing to say. */
void lk_beside_print(const struct lk_out *o, const struct lk_asked *target, const lk_besides *b);
void lk_beside_print_below(const struct lk_out *o, const struct lk_session *s, const struct lk_asked *target);

#endif
