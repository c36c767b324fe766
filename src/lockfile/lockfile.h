/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lock files and what was found out about them. */
#ifndef LK_LOCKFILE_LOCKFILE_H
#define LK_LOCKFILE_LOCKFILE_H

#include "lockfile/evidence.h"

struct lk_lockfile {
	const struct lk_lockfile_kind
		*kind; /* NULL: it is not known to be a lock file; then the members below mean nothing */
	const struct lk_fact_file *file; /* borrowed */
	struct lk_evidence evidence;
	struct lk_verdict_answer verdict;
};

/* Of path and kind of file, without having judged it. Nothing is allocated. */
struct lk_lockfile lk_lockfile_as(const struct lk_fact_file *file);

/* Gathers the evidence about those that have a kind, and judges them; one that is only called so loses its kind. source, snap, files, tree and timeout_ms of *req, uses, *err and the
 * return value are as of lk_evidence_gather(); `items` is made here. Each is to be freed with lk_lockfile_done(). */
int lk_lockfile_judge(struct lk_lockfile *const *list, size_t n, struct lk_evidence_request req, struct lk_uses *uses,
		      struct lk_err *err);
void lk_lockfile_done(struct lk_lockfile *l);

#endif
