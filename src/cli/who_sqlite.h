/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SQLite database and the files beside it: X-shm, X-wal, X-journal. The one case where the locks of another file count for the
 * answer about FILE. It is known by its locks; no file is opened. */
#ifndef LK_CLI_WHO_SQLITE_H
#define LK_CLI_WHO_SQLITE_H

#include "cli/who.h"
#include "table/sqlite.h"

enum { LK_SQLITE_N_BESIDE = 3 };

struct lk_who_sqlite {
	bool found; /* it is one; else nothing below counts */
	struct lk_sqlite s;
	struct lk_who index; /* of X-shm */
	struct lk_asked beside[LK_SQLITE_N_BESIDE]; /* X-shm, X-wal, X-journal; in the session's arena */
	enum lk_tri writable; /* by another process, now */
};

/* w: the answer about the FILE, for all of its bytes. 0 or -ENOMEM; lk_who_sqlite_done() in either case. */
int lk_who_sqlite_find(struct lk_session *s, const struct lk_who *w, struct lk_who_sqlite *ret);
void lk_who_sqlite_done(struct lk_who_sqlite *q);

/* Below the table of `who`: what each process does, and whether it can be written. 0 or -ENOMEM. */
int lk_who_sqlite_put(const struct lk_out *o, const struct lk_who_sqlite *q);

/* For `wait`: *w becomes the answer to "can it not be written?": its holders are those in a writer's way. 0 or -ENOMEM. */
int lk_who_sqlite_as_writer(struct lk_who *w, const struct lk_who_sqlite *q);

#endif
