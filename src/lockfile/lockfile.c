/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From files to judged lock files. */
#include "lockfile/lockfile.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/cleanup.h"

struct lk_lockfile lk_lockfile_as(const struct lk_fact_file *file)
{
	return (struct lk_lockfile){ .kind = lk_lockfile_of(file->path, file->mode), .file = file };
}

int lk_lockfile_judge(struct lk_lockfile *const *list, size_t n, struct lk_evidence_request req, struct lk_uses *uses,
		      struct lk_err *err)
{
	lk_auto_mem struct lk_evidence_item *items = lk_alloc(n, sizeof(*items));
	lk_auto_mem struct lk_evidence *evidence = lk_alloc(n, sizeof(*evidence));
	size_t at = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		if (list[i]->kind)
			items[at++] = (struct lk_evidence_item){ list[i]->kind, list[i]->file };
	}
	req.items = items;
	req.n_items = at;
	rc = lk_evidence_gather(&req, evidence, uses, err);
	at = 0;
	for (size_t i = 0; i < n; i++) {
		if (!list[i]->kind)
			continue;
		list[i]->evidence = evidence[at++];
		lk_verdict_find(&list[i]->evidence.facts, &list[i]->verdict);
		if (lk_verdict_is_mistaken(&list[i]->evidence.facts))
			lk_lockfile_done(list[i]);
	}
	return rc;
}

void lk_lockfile_done(struct lk_lockfile *l)
{
	if (!l->kind)
		return;
	lk_verdict_done(&l->verdict);
	lk_evidence_done(&l->evidence);
	l->kind = NULL;
}
