/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at the machine, and the FILEs that are asked about. */
#ifndef LK_QUERY_SESSION_H
#define LK_QUERY_SESSION_H

#include "base/arena.h"
#include "model/snapshot.h"

/* A FILE that is asked about. */
struct lk_asked {
	const char *path; /* as asked; borrowed */
	bool resolved;
	struct lk_fact_file file; /* if resolved; strings in the session's arena */
	int code; /* else why not: -errno */
	const char *reason; /* and a sentence; in the arena */
};

/* In place; zero-initialised is valid. */
struct lk_session {
	/* How it is asked. */
	char *const *names; /* of the FILEs; borrowed */
	size_t n_names;
	bool recursive; /* also what is below a FILE */
	bool physical; /* a link is not followed */
	bool has_range;
	struct lk_range range; /* only locks in it */
	bool other_tree; /* another /proc tree, which is looked through as a whole for each name */
	bool exact, verbose;
	uint32_t timeout_ms; /* of one look; 0: no limit */
	/* What is there. */
	struct lk_source *source; /* owned; NULL: the snapshot is all there is */
	struct lk_snapshot *snap; /* owned; NULL until it is taken */
	struct lk_arena arena;
	struct lk_asked *targets; /* in the arena, by names */
	size_t n_targets;
};

/* 0, or -errno with a sentence. needs: LK_NEED_*. */
int lk_session_look(struct lk_session *s, unsigned needs, struct lk_err *err);
/* Looks the FILEs up. What cannot be found is marked. */
void lk_session_resolve(struct lk_session *s);
/* Looks t->path up, which has to stay as long as the session. */
void lk_session_resolve_one(struct lk_session *s, struct lk_asked *t);
/* The FILE is not there or the question makes no sense, rather than: it could not be looked at. */
bool lk_asked_is_missing(const struct lk_asked *t);
/* A copy whose strings are in the arena. */
struct lk_fact_file lk_session_copy_file(struct lk_session *s, const struct lk_fact_file *file);
/* A file of the snapshot whose own name could not be read gets that of `file`, where this is known to be the same file. Its strings
 * are borrowed: those in the session's arena live long enough. */
void lk_session_name_file(struct lk_file *f, const struct lk_fact_file *file);
/* Of the files that were asked for not every blocker is listed. */
bool lk_session_lacks_relations(const struct lk_session *s);
void lk_session_done(struct lk_session *s);

/* When to look again: delay_ms after the last look began, or later, so that a tenth of a processor's time is spent looking at most. By what
 * it cost (cost_ms of that time), not by how long it took: whoever makes a helper wait must not make us look more seldom. */
uint32_t lk_look_interval_ms(double cost_ms, uint32_t delay_ms);

#endif
