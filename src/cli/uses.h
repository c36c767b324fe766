/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a file without a lock, in words. */
#ifndef LK_CLI_USES_H
#define LK_CLI_USES_H

#include "cli/out.h"
#include "cli/session.h"
#include "source/uses.h"

/* Looks once for all FILEs of the session that were found; uses->v.v[].file is their index among the session's targets.
 * 0, -EOPNOTSUPP (not on this source), or -errno with a sentence. lk_uses_done() in either case. */
int lk_session_uses(struct lk_session *s, struct lk_uses *ret, struct lk_err *err);

/* Prints `before` and the uses of one FILE that are no locks, or of what is below it, "open in 3 processes: 123 (cat), 200 (vi)",
 * kinds apart by "; ". skip: pids that were named already, as holders or waiters. Prints nothing where there is no use; returns how many kinds. */
struct lk_uses_skip {
	const int *pids;
	size_t n;
};
size_t lk_uses_print(const struct lk_out *o, const struct lk_uses *u, size_t file, bool below,
		     const struct lk_uses_skip *skip, size_t n_skip, const char *before);

#endif
