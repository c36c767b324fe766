/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The detail of a row as lines of text: which parts it has, and the parts about files, processes and entries of the history. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "table/get.h"
#include "tui/core/show.h"
#include "tui/core/words.h"
#include "tui/pane/detail.h"
#include "words/words.h"

enum {
	FIELD_CELLS = 13, /* for names as in JSON */
	MOST_LOCKS = 50, /* in a list */
	MOST_BESIDE = 8, /* likewise, in the detail beside the rows */
};

/* ---- files ---- */

static const char *tri_word(enum lk_tri v)
{
	return v == LK_UNKNOWN ? "null" : v == LK_YES ? "true" : "false";
}

static const char *or_null(const char *s)
{
	return s ? s : "null";
}

static void put_key(struct lk_maker *m, const struct lk_file *f)
{
	char key[LK_KEY_TEXT];

	lk_maker_line(m, "key");
	lk_maker_put(m, "%s", f->key.none ? "null" : lk_key_format(&f->key, key));
	if (f->key.none)
		return;
	lk_maker_line(m, "dev_major");
	lk_maker_put(m, "%" PRIu32, f->key.major);
	lk_maker_line(m, "dev_minor");
	lk_maker_put(m, "%" PRIu32, f->key.minor);
	lk_maker_line(m, "inode");
	lk_maker_put(m, "%" PRIu64, f->key.ino);
}

static void put_file_fields(struct lk_maker *m, const struct lk_file *f)
{
	lk_maker_line(m, "path");
	lk_maker_put(m, "%s", or_null(f->path));
	put_key(m, f);
	lk_maker_line(m, "deleted");
	lk_maker_put(m, "%s", tri_word(f->deleted));
	lk_maker_line(m, "replaced");
	lk_maker_put(m, "%s", tri_word(f->replaced));
	lk_maker_line(m, "reachable");
	lk_maker_put(m, "%s", tri_word(lk_file_reachable(f)));
	if (f->foreign_mnt_ns) {
		lk_maker_line(m, "foreign_mount_ns");
		lk_maker_put(m, "%" PRIu64, f->foreign_mnt_ns);
	}
	lk_maker_line(m, "size_bytes");
	if (f->size >= 0)
		lk_maker_put(m, "%" PRId64, f->size);
	else
		lk_maker_put(m, "null");
	lk_maker_line(m, "fstype");
	lk_maker_put(m, "%s", or_null(f->fstype));
	lk_maker_line(m, "mount_point");
	lk_maker_put(m, "%s", or_null(f->mount_point));
	if (!f->has_stat)
		return;
	lk_maker_line(m, "stat");
	lk_maker_put(m, "device %" PRIu32 ":%" PRIu32 ", inode %" PRIu64 ", %" PRIu64 " %s", f->st_major, f->st_minor,
		     f->st_ino, f->nlink, f->nlink == 1 ? "link" : "links");
}

/* Where the locks of the file are kept, which decides what can be seen of them. */
static void put_file_system(struct lk_maker *m, const struct lk_file *f)
{
	lk_maker_title(m, "File system");
	lk_maker_note(m, "%s%s%s", f->fstype ? f->fstype : "Its type is not known",
		      f->mount_point ? ", mounted on " : "", f->mount_point ? f->mount_point : "");
	if (f->local == LK_YES)
		lk_maker_note(m, "Its locks live in this kernel: all of them are in its list.");
	else if (f->local == LK_NO)
		lk_maker_note(m, "Its locks live elsewhere too: locks that other hosts hold on this file are not seen "
				 "here.");
	else
		lk_maker_note(m, "Whether other hosts can hold locks on it is not known.");
	if (f->fstype && strcmp(f->fstype, "overlay") == 0)
		lk_maker_note(m,
			      "On overlayfs a file that was copied up is another file than the one below: locks taken "
			      "before that do not count for it.");
	if (f->ambiguous)
		lk_maker_note(m, "Several files share its key, so that a lock may be on another one of them.");
}

/* What it is as a lock file, if a search has found it. */
static void put_lockfile(struct lk_maker *m, const struct lk_subject *s)
{
	const struct lk_lockfile *l = lk_found_of(s->frame->found, s->file);

	if (!l)
		return;
	lk_maker_title(m, "Lock file");
	lk_maker_line(m, "kind");
	lk_maker_put(m, "%s, of %s", l->kind->word, l->kind->maker);
	lk_maker_line(m, "verdict");
	lk_maker_put(m, "%s", lk_verdict_words(l->verdict.verdict));
	for (size_t i = 0; i < l->verdict.because.n; i++) {
		lk_maker_line(m, i ? NULL : "because");
		lk_maker_put(m, "%s", l->verdict.because.v[i]);
	}
	if (!l->kind->advice)
		return;
	lk_maker_line(m, l->kind->keep ? "what to do" : "or instead");
	lk_maker_put(m, "%s", l->kind->advice);
}

/* ---- processes ---- */

static void put_ids(struct lk_maker *m, const struct lk_proc *p)
{
	lk_maker_line(m, "pid");
	lk_maker_put(m, "%d", p->pid);
	lk_maker_line(m, "start_ticks");
	if (p->start_ticks)
		lk_maker_put(m, "%" PRIu64, p->start_ticks);
	else
		lk_maker_put(m, "null");
	lk_maker_line(m, "comm");
	lk_maker_put(m, "%s", or_null(p->comm));
	lk_maker_line(m, "uid");
	if (p->uid >= 0)
		lk_maker_put(m, "%" PRId64, p->uid);
	else
		lk_maker_put(m, "null");
	lk_maker_line(m, "user");
	lk_maker_put(m, "%s", or_null(p->user));
}

static void put_state(struct lk_maker *m, const struct lk_proc *p, int64_t now_ms)
{
	if (lk_proc_state_name(p->state)) {
		lk_maker_line(m, "state");
		lk_maker_put(m, "%s", lk_proc_state_name(p->state));
	}
	if (p->flags & (LK_PROC_GONE | LK_PROC_UNREADABLE | LK_PROC_KTHREAD)) {
		lk_maker_line(m, "seen as");
		lk_maker_put(m, "%s",
			     p->flags & LK_PROC_GONE      ? "gone: no such process any more, or not visible here"
			     : p->flags & LK_PROC_KTHREAD ? "a thread of the kernel"
							  : "there, but its descriptors could not be read");
	}
	lk_maker_line(m, "job");
	lk_words_put_job(p, now_ms, &m->line);
	if (p->num_threads > 0) {
		lk_maker_line(m, "threads");
		lk_maker_put(m, "%" PRId64, p->num_threads);
	}
}

static void put_process_fields(struct lk_maker *m, const struct lk_proc *p, int64_t now_ms)
{
	put_ids(m, p);
	put_state(m, p, now_ms);
	lk_maker_line(m, "cmdline");
	lk_maker_put(m, "%s", or_null(p->cmdline));
	lk_maker_line(m, "unit");
	lk_maker_put(m, "%s", or_null(p->unit));
	if (p->user_unit) {
		lk_maker_line(m, "user unit");
		lk_maker_put(m, "%s", p->user_unit);
	}
	lk_maker_line(m, "container");
	lk_maker_put(m, "%s", or_null(p->container));
	if (p->pid_ns || p->mnt_ns || p->user_ns) {
		lk_maker_line(m, "namespaces");
		lk_maker_put(m, "pid %" PRIu64 ", mnt %" PRIu64 ", user %" PRIu64, p->pid_ns, p->mnt_ns, p->user_ns);
	}
}

/* ---- the locks of a file or a process ---- */

static void put_row(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s, const struct lk_lock *l)
{
	enum lk_style style;
	bool at_least = false;
	int64_t ms = lk_frame_age_ms(s->frame, l, lk_tui_now_of(t, s->frame), &at_least);

	lk_maker_line(m, NULL);
	lk_maker_put(m, "%c ", lk_tui_state_letter(l, false, &style));
	if (!s->proc && l->proc)
		lk_words_put_process(l->proc, l->waiter ? l->waiter->tid : 0, &m->line);
	else if (!s->proc)
		lk_maker_put(m, "?");
	lk_maker_put(m, s->proc ? "" : " ");
	lk_detail_put_kind(t, l, &m->line);
	if (s->proc) {
		lk_maker_put(m, " of ");
		lk_words_put_file(l->file, &m->line);
	}
	lk_maker_put(m, ms >= 0 ? ", " : "");
	lk_age_text(ms, at_least, &m->line);
	if (l->n_blocks)
		lk_maker_put(m, ", %zu behind it", l->n_blocks);
}

static void put_more(struct lk_maker *m, size_t n, size_t most)
{
	if (n > most)
		lk_maker_note(m, "... and %zu more.", n - most);
}

static void put_locks_of_file(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s, size_t most)
{
	struct lk_file_sum sum = lk_totals_file(s->frame, s->file);
	size_t n = sum.n_held + sum.n_waiting;

	lk_maker_title(m, "Its locks, and who waits for them");
	for (size_t i = 0; i < n && i < most; i++)
		put_row(m, t, s, &s->frame->snap->locks[s->frame->totals.by_file[sum.first + i]]);
	put_more(m, n, most);
}

static void put_locks_of_process(struct lk_maker *m, const struct lk_tui *t, const struct lk_subject *s, size_t most)
{
	struct lk_proc_sum sum = lk_totals_proc(s->frame, s->proc);
	size_t n = sum.n_held + sum.n_recorded + sum.n_waiting, shown = 0;

	lk_maker_title(m, "What it holds, and what it waits for");
	for (size_t i = 0; i < s->frame->snap->n_locks && shown < n && shown < most; i++) {
		const struct lk_lock *l = &s->frame->snap->locks[i];

		if (!lk_lock_involves(l, s->proc->pid))
			continue;
		put_row(m, t, s, l);
		shown++;
	}
	put_more(m, n, most);
	if (!shown)
		lk_maker_note(m, "Nothing any more.");
}

/* ---- entries of the history ---- */

static void put_event(struct lk_maker *m, const struct lk_history_entry *e)
{
	char time[LK_TIME_TEXT];

	lk_maker_title(m, "What happened");
	lk_maker_line(m, "time");
	lk_maker_put(m, "%s", lk_tui_time(e->wall_ms, "%Y-%m-%d " LK_CLOCK, time));
	lk_maker_line(m, "event");
	lk_maker_put(m, "%s%s", e->word, e->certain ? "" : " (it could be otherwise)");
	if (e->for_ms >= 0) {
		bool begins = e->after == '.' && !e->alarm;

		lk_maker_line(m, begins ? "for" : "lasted");
		lk_age_text(e->for_ms, e->at_least, &m->line);
		lk_maker_put(m, "%s", begins ? " when it was seen first" : "");
	}
	if (e->pid) {
		lk_maker_line(m, "pid");
		lk_words_put_pid(e->pid, e->comm, &m->line);
	}
	if (e->path) {
		lk_maker_line(m, "path");
		lk_maker_put(m, "%s", e->path);
	}
	if (e->text) {
		lk_maker_line(m, "what");
		lk_maker_put(m, "%s", e->text);
	}
	if (e->lock_id) {
		lk_maker_line(m, "id");
		lk_maker_put(m, "%016" PRIx64, e->lock_id);
	}
}

static void add_event(const struct lk_history_entry *e, struct lk_text *ret)
{
	struct lk_maker m = { .text = ret, .cells = LK_DETAIL_LABEL };

	put_event(&m, e);
	lk_maker_done(&m);
}

/* ---- all together ---- */

static void add_about(const struct lk_tui *t, const struct lk_subject *s, size_t most, struct lk_text *ret)
{
	struct lk_maker m = { .text = ret, .cells = FIELD_CELLS };

	if (s->proc) {
		lk_maker_title(&m, "Process");
		put_process_fields(&m, s->proc, s->frame->snap->host.time_unix_ms);
		if (!s->lock)
			put_locks_of_process(&m, t, s, most);
	}
	if (s->file && !s->proc) {
		put_lockfile(&m, s);
		lk_maker_title(&m, "File");
		put_file_fields(&m, s->file);
		put_locks_of_file(&m, t, s, most);
	}
	if (s->file)
		put_file_system(&m, s->file);
	lk_maker_done(&m);
}

static void add_fields(const struct lk_subject *s, struct lk_text *ret)
{
	struct lk_maker m = { .text = ret };

	lk_maker_title(&m, "Every field by its name in JSON");
	lk_maker_done(&m);
	lk_show_json(s, LK_JSON_FIELDS, ret);
}

static void add_commands(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	struct lk_maker m = { .text = ret };

	lk_maker_title(&m, "The same on the command line");
	lk_maker_done(&m);
	lk_show_commands(t, s, ret);
}

static void add_lock(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	lk_detail_lock(t, s, ret);
	lk_detail_chain(t, s, ret);
}

/* The sentence of the line below the rows, here in full. */
static void add_sentence(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	lk_buf b = { 0 };

	if (s->lock)
		lk_words_put_lock(t, s->frame, s->lock, &b);
	else if (s->proc)
		lk_words_of_process(t, s->frame, s->proc, &b);
	else if (s->file)
		lk_words_of_file(t, s->frame, s->file, &b);
	if (b.n) {
		lk_text_add(ret, LK_STYLE_WORDS, "%s", lk_buf_str(&b));
		lk_text_add(ret, LK_STYLE_PLAIN, "%s", "");
	}
	lk_vec_done(&b);
}

/* "container    null", " deadlock: null", "replaced     false". A process may be called "false". */
static bool says_nothing(const char *line)
{
	const char *label = line + strspn(line, " "), *value = label + strcspn(label, " ");

	value += strspn(value, " ");
	if (strncmp(label, "comm ", 5) == 0)
		return false;
	return strcmp(value, "null") == 0 || strcmp(value, "false") == 0 || strcmp(value, "[]") == 0;
}

static void drop_what_says_nothing(struct lk_text *x)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->lines.n; i++) {
		if (says_nothing(x->lines.v[i].text))
			free(x->lines.v[i].text);
		else
			x->lines.v[kept++] = x->lines.v[i];
	}
	x->lines.n = kept;
}

static void add_all(const struct lk_tui *t, const struct lk_subject *s, size_t most, struct lk_text *ret)
{
	add_sentence(t, s, ret);
	if (s->cycle)
		lk_detail_cycle(t, s, ret);
	if (s->lock)
		add_lock(t, s, ret);
	add_about(t, s, most, ret);
	add_commands(t, s, ret);
}

void lk_detail_brief(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	add_all(t, s, MOST_BESIDE, ret);
	drop_what_says_nothing(ret);
}

void lk_detail_full(const struct lk_tui *t, const struct lk_subject *s, struct lk_text *ret)
{
	add_all(t, s, MOST_LOCKS, ret);
	if (s->lock)
		add_fields(s, ret);
	drop_what_says_nothing(ret);
}

void lk_detail_event(const struct lk_tui *t, const struct lk_item *it, struct lk_text *ret)
{
	const struct lk_history_entry *e = lk_history_find(&t->history, it->index);

	if (e)
		add_event(e, ret);
	else
		lk_text_add(ret, LK_STYLE_DIM, "It was pushed out of the history by newer events.");
}
