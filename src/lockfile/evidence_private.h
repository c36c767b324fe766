/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by evidence.c and evidence_read.c only. */
#ifndef LK_LOCKFILE_EVIDENCE_PRIVATE_H
#define LK_LOCKFILE_EVIDENCE_PRIVATE_H

#include "base/ints.h"
#include "lockfile/evidence.h"
#include "source/host/procroot.h"

struct gather {
	const struct lk_evidence_request *req;
	struct lk_evidence *ret; /* one for each item */
	const struct lk_snapshot *snap; /* that of the request, or `own` */
	struct lk_snapshot *own; /* NULL: the other one will do */
	struct lk_procroot root;
	lk_ints items; /* those that the helper is to look at; its own numbers are indexes here */
	/* The numbers that processes have in pid namespaces of their own; sorted. */
	lk_ints inner;
	bool inner_unknown; /* not all processes could be asked */
	LK_VEC(struct lk_fact_file)
	files; /* those of the request, then of each item the lock file and its companions */
	LK_VEC(size_t) first; /* of each item the index of the lock file there; and the end */
};

/* -- evidence_read.c -- */
/* Reads what is written in the lock files, where no open could break a lease; may take g->own. */
void lk_evidence_read_files(struct gather *g);
/* After that: looks at the processes that are written there. */
void lk_evidence_look_at_processes(struct gather *g);

/* At the end: a file that was changed meanwhile counts as not read. */
void lk_evidence_look_again(struct gather *g);

#endif
