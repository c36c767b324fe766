/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question: the FILEs that are asked about, and the snapshot that answers it. */
#ifndef LK_QUERY_SESSION_H
#define LK_QUERY_SESSION_H

#include "base/arena.h"
#include "model/snapshot.h"

/* A FILE that is asked about. */
struct lk_asked {
	const char *path; /* as given; borrowed */
	bool resolved;
	struct lk_fact_file file; /* if resolved; strings in the session's arena */
	int code; /* if not resolved: why, as -errno; else 0 */
	const char *reason; /* the same as a sentence; lives as long as the session */
};

/* In place; zero-initialised is valid. */
struct lk_session {
	/* What is asked. */
	char *const *names; /* the FILEs; borrowed */
	size_t n_names;
	bool recursive; /* also what is below a FILE */
	bool physical; /* a FILE that is a symbolic link is not followed */
	/* A FILE that is called as a lock file, and is a link to nowhere or to what an owner is written as, is the link itself. */
	bool lock_links;
	bool kernel_only; /* lock files are files like others */
	bool has_range;
	struct lk_range range; /* only locks that overlap it */
	bool other_tree; /* source reads another /proc tree (--proc): there each look-up of a name searches all of it */
	bool exact, verbose;
	uint32_t timeout_ms; /* of one look; 0: no limit */
	/* What was found. */
	struct lk_source *source; /* owned; NULL: the snapshot is all there is */
	struct lk_snapshot *snap; /* owned; NULL until it is taken */
	struct lk_arena arena;
	struct lk_asked *targets; /* in the arena, in the order of names */
	size_t n_targets;
};

/* Takes the snapshot. needs: LK_NEED_*. 0, or -errno with a sentence in *err. */
int lk_session_look(struct lk_session *s, unsigned needs, struct lk_err *err);
/* Looks up all FILEs. Those that cannot be resolved get a code and a reason. */
void lk_session_resolve(struct lk_session *s);
/* Looks up t->path, which must live as long as the session. */
void lk_session_resolve_one(struct lk_session *s, struct lk_asked *t);
/* Does the FILE not exist, or does the question make no sense? false: it was resolved, or it may exist but could not be looked at. */
bool lk_asked_is_missing(const struct lk_asked *t);
/* A copy whose strings are in the arena. */
struct lk_fact_file lk_session_copy_file(struct lk_session *s, const struct lk_fact_file *file);
/* Gives f, a file of the snapshot, the path of `file` if f has none and is known to be the same file. The strings of `file` are
 * borrowed: those in the session's arena live long enough. */
void lk_session_name_file(struct lk_file *f, const struct lk_fact_file *file);
/* Does a request on the FILEs (without FILEs or with -R: on any file) not list all of its blockers, because there were too many? */
bool lk_session_lacks_relations(const struct lk_session *s);
void lk_session_done(struct lk_session *s);

/* How long after the last look began to look again: delay_ms, or more if looks would need more than a tenth of a processor's time.
 * cost_ms: processor time of the last look. Not its duration: a process that makes a helper wait must not make us look less often. */
uint32_t lk_look_interval_ms(double cost_ms, uint32_t delay_ms);

#endif
