/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes, locks and waiting requests in words. */
#include "words/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "table/get.h"

#define NAMED_MAX 3

const char *lk_words_process(struct lk_arena *a, int pid, const char *comm)
{
	if (!comm || !comm[0])
		return lk_arena_printf(a, "process %d", pid);
	return lk_arena_printf(a, "process %d (%s)", pid, comm);
}

const char *lk_words_mark(const struct lk_proc *p)
{
	if (!p || !lk_proc_is_unusual(p))
		return "";
	return p->state == 'T' ? ", stopped" : p->state == 't' ? ", traced" : ", zombie";
}

const char *lk_words_proc(struct lk_arena *a, const struct lk_proc *p)
{
	if (!p->comm || !p->comm[0])
		return lk_arena_printf(a, "process %d%s", p->pid, lk_words_mark(p));
	return lk_arena_printf(a, "process %d (%s%s)", p->pid, p->comm, lk_words_mark(p));
}

const char *lk_words_who(struct lk_arena *a, const struct lk_lock *l)
{
	if (l->pid <= 0)
		return LK_WORDS_UNSEEN;
	return l->proc ? lk_words_proc(a, l->proc) : lk_words_process(a, l->pid, NULL);
}

const char *const lk_words_types[] = { "POSIX", "OFD", "flock", "lease", "delegation", "lock of an unknown kind" };

const char *lk_words_kind(const struct lk_lock *l, char buf[LK_WORDS_KIND])
{
	const char *type = lk_words_types[l->rec.type];
	/* The mode of a lease that is being broken is not always known. */
	bool known = l->rec.mode != LK_MODE_UNKNOWN, lock = l->rec.type <= LK_TYPE_FLOCK;

	snprintf(buf, LK_WORDS_KIND, "%s%s%s%s%s", lock ? type : "", lock ? " " : "",
		 known ? lk_mode_name(l->rec.mode) : "", known ? " " : "", lock ? "lock" : type);
	return buf;
}

const char *lk_words_lock(struct lk_arena *a, const struct lk_lock *l)
{
	char kind[LK_WORDS_KIND], range[LK_RANGE_WORDS], key[LK_KEY_TEXT];
	const char *path = l->file && l->file->path ? l->file->path : lk_key_format(&l->rec.key, key);
	bool whole = lk_range_is_whole(l->rec.range);

	return lk_arena_printf(a, "the %s on %s%s%s", lk_words_kind(l, kind), path, whole ? "" : ", ",
			       whole ? "" : lk_range_words(l->rec.range, range));
}

/* "a" to "a, b"; text NULL: `one` is the first. */
static const char *add_named(struct lk_arena *a, const char *text, const char *one)
{
	return text ? lk_arena_printf(a, "%s, %s", text, one) : one;
}

static const char *add_more(struct lk_arena *a, const char *text, size_t n)
{
	return n > NAMED_MAX ? lk_arena_printf(a, "%s and %zu more", text, n - NAMED_MAX) : text;
}

const char *lk_words_waiters(struct lk_arena *a, const struct lk_lock *l)
{
	const char *text = NULL;

	for (size_t i = 0; i < l->n_blocks && i < NAMED_MAX; i++)
		text = add_named(a, text, lk_words_who(a, l->blocks[i]));
	return add_more(a, text, l->n_blocks);
}

const char *lk_words_processes(struct lk_arena *a, const struct lk_snapshot *snap, const int *pids, size_t n)
{
	const char *text = NULL;

	for (size_t i = 0; i < n && i < NAMED_MAX; i++) {
		const struct lk_proc *p = lk_snapshot_proc(snap, pids[i]);

		text = add_named(a, text, p ? lk_words_proc(a, p) : lk_words_process(a, pids[i], NULL));
	}
	return add_more(a, text, n);
}

/* ---- files ---- */

const char *lk_words_file_name(const struct lk_file *file)
{
	const char *slash = file->path ? strrchr(file->path, '/') : NULL;

	return slash && slash[1] ? slash + 1 : file->path;
}

void lk_words_put_file(const struct lk_file *file, lk_buf *out)
{
	const char *name = lk_words_file_name(file);

	if (name)
		lk_buf_printf(out, "%s%s", name,
			      file->deleted == LK_YES    ? " (deleted)"
			      : file->replaced == LK_YES ? " (replaced)"
							 : "");
	else if (file->key.none)
		lk_buf_puts(out, "a file that is not known");
	else
		lk_buf_printf(out, "a file %s (inode %" PRIu64 "%s%s)",
			      file->name_unseen ? "whose name you may not see" : "without a name", file->key.ino,
			      file->mount_point ? " on " : "", file->mount_point ? file->mount_point : "");
}

/* ---- which job it is ---- */

/* "gdb[12]", "process 12" */
static void put_name(const char *comm, int pid, int tid, lk_buf *out)
{
	lk_buf_printf(out, comm ? "%s[%d" : "%s%d", comm ? comm : "process ", pid);
	if (tid > 0 && tid != pid)
		lk_buf_printf(out, "/%d", tid);
	lk_buf_puts(out, comm ? "]" : "");
}

void lk_words_put_process(const struct lk_proc *p, int tid, lk_buf *out)
{
	put_name(p->comm, p->pid, tid, out);
}

void lk_words_put_pid(int pid, const char *comm, lk_buf *out)
{
	lk_buf_printf(out, "%d %s", pid, comm ? comm : "?");
}

void lk_words_put_pid_user(const struct lk_proc *p, lk_buf *out)
{
	lk_words_put_pid(p->pid, p->comm, out);
	if (p->uid >= 0)
		lk_buf_printf(out, " uid %" PRId64, p->uid);
	if (p->user)
		lk_buf_printf(out, " %s", p->user);
}

void lk_words_put_type(const struct lk_lock *l, lk_buf *out)
{
	struct lk_row row = { .lock = l };

	lk_text_type(&row, true, out);
	lk_buf_puts(out, " ");
	lk_text_mode(&row, true, out);
}

void lk_words_put_owner(const struct lk_proc *p, lk_buf *out)
{
	lk_words_put_process(p, 0, out);
	if (p->user)
		lk_buf_printf(out, " of %s", p->user);
}

static void put_tracer(const struct lk_proc *p, const char *before, lk_buf *out)
{
	lk_buf_puts(out, before);
	if (p->tracer)
		put_name(p->tracer_comm, p->tracer, 0, out);
	else
		lk_buf_puts(out, "a debugger");
}

void lk_words_put_state(const struct lk_proc *p, lk_buf *out)
{
	if (p->state == 'T')
		lk_buf_puts(out, "stopped (Ctrl-Z or SIGSTOP): SIGCONT lets it go on");
	else if (p->state == 't')
		put_tracer(p, "stopped while it is traced by ", out);
	else if (p->state == 'Z' && !lk_proc_is_over(p))
		lk_buf_printf(out, "zombie: its first thread has ended, %" PRId64 " of its threads live on",
			      p->num_threads - 1);
	else if (lk_proc_is_over(p))
		lk_buf_puts(out, "zombie: it has ended, its parent has not taken notice");
	else if (p->state == 'D')
		lk_buf_puts(out, "in the kernel (disk sleep): a signal waits until it comes back");
	else if (p->tracer)
		put_tracer(p, "traced by ", out);
}

static void put_since(int64_t started_ms, int64_t now_ms, lk_buf *out)
{
	time_t started = (time_t)(started_ms / 1000), now = (time_t)(now_ms / 1000);
	struct tm then = { 0 }, today = { 0 };
	char buf[64];
	bool same_day;

	if (!localtime_r(&started, &then) || !localtime_r(&now, &today))
		return;
	same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
	if (!strftime(buf, sizeof(buf), same_day ? "%H:%M" : "%Y-%m-%d %H:%M", &then))
		return;
	lk_buf_printf(out, "since %s (", buf);
	lk_age_text(now > started ? (now - started) * 1000 : 0, false, out);
	lk_buf_puts(out, ")");
}

static void separate(size_t begin, lk_buf *out)
{
	if (out->n > begin)
		lk_buf_puts(out, "; ");
}

/* A session is named where neither the process itself nor its parent leads it. */
static bool has_session(const struct lk_proc *p)
{
	return p->session > 0 && p->session != p->pid && p->session != p->ppid;
}

void lk_words_put_job(const struct lk_proc *p, int64_t now_unix_ms, lk_buf *out)
{
	const struct {
		const char *before, *name;
	} named[] = { { "", p->unit }, { "user unit ", p->user_unit }, { "", p->container } };
	size_t begin = out->n;

	lk_words_put_state(p, out);
	if (p->started_unix_ms) {
		separate(begin, out);
		put_since(p->started_unix_ms, now_unix_ms, out);
	}
	if (p->ppid > 0) {
		separate(begin, out);
		lk_buf_puts(out, "child of ");
		put_name(p->parent_comm, p->ppid, 0, out);
	}
	if (has_session(p)) {
		separate(begin, out);
		lk_buf_puts(out, p->session_comm ? "session of " : "session of the late ");
		put_name(p->session_comm, p->session, 0, out);
	}
	if (p->tty) {
		separate(begin, out);
		lk_buf_printf(out, "tty %s", p->tty);
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++) {
		if (!named[i].name)
			continue;
		separate(begin, out);
		lk_buf_printf(out, "%s%s", named[i].before, named[i].name);
	}
}

/* ---- why nobody is named ---- */

const char *lk_words_reason(const char *reason)
{
	const char *text = strstr(reason, ": ");

	return text ? text + 2 : reason;
}

/* A short text for each word that model/explain.c puts in front of a reason. */
static const char *const reason_words[][2] = {
	{ "exited", "its taker has ended" },
	{ "kernel", "kept by the kernel" },
	{ "unreadable", "of a process that cannot be read" },
	{ "stranger", "its number is another process's by now" },
	{ "mapped", "kept by a mapping" },
	{ "in_flight", "sent through a socket" },
	{ "hidden", "of a process that is hidden" },
	{ "processes", "not all processes are known" },
	{ "timeout", "not all was read in time" },
	{ "namespace", "of another pid namespace" },
	{ "released", "just released" },
};

static bool has_word(const char *reason, const char *word)
{
	size_t n = strlen(word);

	return strncmp(reason, word, n) == 0 && reason[n] == ':';
}

void lk_words_put_reasons(const struct lk_lock *l, lk_buf *out)
{
	size_t begin = out->n;

	for (size_t i = 0; i < sizeof(reason_words) / sizeof(*reason_words); i++) {
		bool given = false;

		for (size_t k = 0; k < l->n_because; k++)
			given = given || has_word(l->no_holder_because[k], reason_words[i][0]);
		if (given)
			lk_buf_printf(out, "%s%s", out->n > begin ? ", " : "", reason_words[i][1]);
	}
}
