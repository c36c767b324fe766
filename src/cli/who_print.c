/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a file locked, in words: the sentences around the table of `who`, some of which other verbs print too. */
#include "cli/who_print.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "base/sanitize.h"
#include "base/text.h"
#include "table/get.h"
#include "table/path_hint.h"
#include "words/words.h"

enum {
	TAKERS_MAX = 3, /* most likely holders that are named */
	REASONS_MAX = 16,
	BESIDE_MAX = 20, /* lock files beside or below a FILE */
	NAMED_MAX = 10, /* processes in a sentence; files whose paths are explained: with -R there may be very many */
	USERS_MAX = 20, /* lines about a database */
	JOBS_MAX = 8, /* processes; the rows and JSON have them all */
	INDENT = 10, /* cells before what is said of a process */
	CELLS_MAX = 1000, /* of a command line where the terminal sets no limit */
};

static void put_line(const struct lk_out *o, const char *text)
{
	lk_out_puts(o, text);
	putc('\n', o->f);
}

/* ---- holders that are not proven ---- */

static bool is_named(const struct lk_proc *const *named, size_t n, const struct lk_proc *p)
{
	for (size_t i = 0; i < n; i++) {
		if (named[i] == p)
			return true;
	}
	return false;
}

/* The recorded processes of held locks without a proven holder, each once. *ret_more: there are others. */
static size_t find_takers(const struct lk_who *w, const struct lk_proc *named[TAKERS_MAX], bool *ret_more)
{
	size_t n = 0;

	*ret_more = false;
	for (size_t i = 0; i < w->locks.n; i++) {
		const struct lk_lock *l = w->locks.v[i];

		if (lk_lock_is_waiting(l) || l->n_holders)
			continue;
		if (l->how != LK_HOW_RECORDED || !l->proc || (n == TAKERS_MAX && !is_named(named, n, l->proc)))
			*ret_more = true;
		else if (!is_named(named, n, l->proc))
			named[n++] = l->proc;
	}
	return n;
}

void lk_who_put_likely(const struct lk_who *w, lk_buf *out)
{
	const struct lk_proc *named[TAKERS_MAX];
	bool more;
	size_t n = find_takers(w, named, &more);

	for (size_t i = 0; i < n; i++) {
		lk_buf_puts(out, !i ? "" : i + 1 == n && !more ? " and " : ", ");
		lk_words_put_owner(named[i], out);
	}
	if (n)
		lk_buf_puts(out, more ? " and others, who took it" : ", who took it");
}

void lk_who_say_not_proven(const struct lk_snapshot *s, const struct lk_lock *l)
{
	const char *root = lk_who_root_sees_more(s) ? "; root could prove it" : "; see 'lockscope who'";
	unsigned long long id = l->id;
	lk_buf likely = { 0 };

	if (l->n_holders || l->how != LK_HOW_RECORDED || !l->proc) {
		lk_say("nothing was done: who holds lock %016llx is not proven, so nobody can be signalled for it%s",
		       id, root);
		return;
	}
	lk_words_put_owner(l->proc, &likely);
	lk_say("nothing was done: lock %016llx is most likely held by %s, who took it, but that is not proven%s", id,
	       lk_buf_str(&likely), root);
	lk_vec_done(&likely);
}

/* A reason that gives the number of unreadable processes is replaced: lk_session_badge() says that number once, after the answer. */
static const char *words_of(const struct lk_snapshot *s, const char *reason)
{
	const char *text = lk_words_reason(reason);
	const struct lk_problem *unread = lk_snapshot_problem(s, LK_UNREAD_FDINFO);

	return unread && strcmp(unread->text, text) == 0 ? "one of the processes that could not be read may have it"
							 : text;
}

struct reasons {
	const char *told[REASONS_MAX];
	size_t n;
};

static void put_reason(const struct lk_out *o, struct reasons *r, const char *reason)
{
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->told[i], reason) == 0)
			return;
	}
	if (r->n == REASONS_MAX)
		return;
	if (!r->n)
		fputs("Where no holder is proven, these reasons remain possible:\n", o->f);
	r->told[r->n++] = reason;
	fputs("  ", o->f);
	put_line(o, reason);
}

void lk_who_put_reasons(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_who *w)
{
	struct reasons r = { .n = 0 };

	for (size_t i = 0; i < w->locks.n; i++) {
		const struct lk_lock *l = w->locks.v[i];

		for (size_t k = 0; !l->n_holders && !lk_lock_is_waiting(l) && k < l->n_because; k++)
			put_reason(o, &r, words_of(s, l->no_holder_because[k]));
	}
}

/* ---- notes about the locks ---- */

void lk_who_put_leases(const struct lk_out *o, const struct lk_who *w)
{
	lk_buf text = { 0 };

	for (size_t i = 0; i < w->locks.n; i++) {
		const struct lk_lock *l = w->locks.v[i];

		if (!l->rec.break_to)
			continue;
		if (l->pid > 0)
			lk_buf_printf(&text, "The lease of process %d is ", l->pid);
		else
			lk_buf_puts(&text, "The lease of " LK_WORDS_UNSEEN " is ");
		lk_break_text(l, &text);
		lk_buf_puts(&text, l->n_blocks ? ".\n" : "; nobody waits for it.\n");
	}
	fputs(lk_buf_str(&text), o->f);
	lk_vec_done(&text);
}

void lk_who_put_mutex(const struct lk_out *o, const struct lk_who *w)
{
	if (lk_who_may_have_mutex(w))
		fputs("There may be a mutex inside this file, which is not a kernel file lock: who has it or waits for it is not among "
		      "these.\n",
		      o->f);
}

void lk_who_note_mandatory(const struct lk_out *o, const struct lk_asked *asked, bool live)
{
	if (!asked->resolved || !asked->file.mandatory_bits)
		return;
	lk_out_puts(o, asked->path);
	fprintf(o->f,
		": its mandatory-lock bits (set-group-ID without group execute) are without effect %s: locks are advisory\n",
		live ? "on this kernel" : "since Linux 5.15");
}

static bool was_before(const struct lk_who *w, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (w->locks.v[k]->file == w->locks.v[i]->file)
			return true;
	}
	return false;
}

void lk_who_note_paths(const struct lk_out *o, const struct lk_who *w, bool live)
{
	lk_buf hint = { 0 };

	for (size_t i = 0, n = 0; i < w->locks.n && n < NAMED_MAX; i++) {
		const struct lk_file *file = w->locks.v[i]->file;

		if (lk_file_reachable(file) != LK_NO || was_before(w, i))
			continue;
		hint.n = 0;
		lk_path_hint(w->locks.v[i], live, &hint);
		if (!hint.n)
			continue;
		n++;
		lk_out_puts(o, file->path);
		fputs(": ", o->f);
		put_line(o, lk_buf_str(&hint));
	}
	lk_vec_done(&hint);
}

static void put_sqlite_user(const struct lk_out *o, const struct lk_who_sqlite *q, const struct lk_sqlite_user *u)
{
	const struct lk_lock *l = u->lock;

	if (l->pid > 0) {
		fprintf(o->f, "  %d ", l->pid);
		lk_out_puts(o, l->proc && l->proc->comm ? l->proc->comm : "?");
	} else {
		fputs("  " LK_WORDS_UNSEEN, o->f);
	}
	fprintf(o->f, "%s %s\n", l->pid > 0 && !l->n_holders ? " (recorded, not proven)" : "",
		lk_sqlite_user_words(&q->s, u));
}

void lk_who_put_sqlite(const struct lk_out *o, const struct lk_who_sqlite *q)
{
	static const char *const modes[] = {
		[LK_SQLITE_UNKNOWN] = "whether it has a write-ahead log is not known",
		[LK_SQLITE_ROLLBACK] = "with a rollback journal",
		[LK_SQLITE_WAL] = "with a write-ahead log",
	};
	static const char *const answers[] = { "it cannot be written now", "it can be written now" };

	if (!q->found)
		return;
	fprintf(o->f, "By its locks it is a SQLite database, %s: %s.\n", modes[q->s.mode],
		q->writable == LK_UNKNOWN ? "whether it can be written now cannot be told" : answers[q->writable]);
	/* First those who are in the way of a writer. */
	for (int way = 1, shown = 0; way >= 0; way--) {
		for (size_t i = 0; i < q->s.n_users; i++) {
			if (q->s.users[i].in_the_way == (bool)way && shown++ < USERS_MAX)
				put_sqlite_user(o, q, &q->s.users[i]);
		}
	}
	if (q->s.n_users > USERS_MAX)
		fprintf(o->f, "  and %zu more\n", q->s.n_users - USERS_MAX);
	if (q->s.journal_left) {
		lk_out_puts(o, q->beside[LK_SQLITE_JOURNAL].path);
		fputs(" is there though nobody writes: unless journals are kept (journal_mode), a writer has died, and "
		      "the next to read rolls back what it wrote.\n",
		      o->f);
	}
}

/* ---- lock files ---- */

static void put_advice(const struct lk_out *o, const struct lk_lockfile_kind *k, enum lk_verdict v)
{
	if (k->keep)
		fprintf(o->f, "  It is not to be deleted. What to do: %s.\n", k->advice);
	else if (v == LK_VERDICT_STALE && k->advice)
		fprintf(o->f, "  Before it is deleted, or instead: %s.\n", k->advice);
	else if (v == LK_VERDICT_STALE)
		fputs("  It may be deleted: 'lockscope rm --if-stale' makes sure of that once more.\n", o->f);
}

void lk_who_put_lockfile(const struct lk_out *o, const struct lk_lockfile *l)
{
	if (!l->kind)
		return;
	if (l->verdict.verdict == LK_VERDICT_NO_LOCK)
		fprintf(o->f, "It is no lock file, but a %s of %s:\n", lk_lockfile_noun(l->kind), l->kind->maker);
	else
		fprintf(o->f, "It is a %s of %s: %s.\n", lk_lockfile_noun(l->kind), l->kind->maker,
			lk_verdict_words(l->verdict.verdict));
	for (size_t i = 0; i < l->verdict.because.n; i++) {
		fputs("  - ", o->f);
		lk_out_puts(o, l->verdict.because.v[i]);
		putc('\n', o->f);
	}
	put_advice(o, l->kind, l->verdict.verdict);
}

/* ---- jobs ---- */

bool lk_who_wants_jobs(const struct lk_cli *cli)
{
	return cli->format == LK_FORMAT_TABLE && !cli->no_headings && !cli->all_columns &&
	       !(cli->columns && cli->columns[0] != '+');
}

/* Prints the command line, cut on its right to the width that is left. */
static void put_command(const struct lk_out *o, const struct lk_proc *p)
{
	const struct lk_column *col = lk_column_find("CMDLINE", 7);
	size_t cells = o->width > INDENT ? o->width - INDENT : CELLS_MAX;
	bool known = p->cmdline && *p->cmdline;
	/* A process without a command line is shown as [comm], as in ps(1). */
	lk_auto_mem char *safe = lk_sanitize_str(known ? p->cmdline : p->comm ? p->comm : "?", o->utf8);
	lk_auto_mem char *cut = lk_out_cut(o, col, safe, cells);

	fprintf(o->f, known ? "%8d  %s\n" : "%8d  [%s]\n", p->pid, cut);
}

/* Prints sanitized text, indented. A line is broken only after a "; ". */
static void put_wrapped(const struct lk_out *o, const char *safe)
{
	size_t room = o->width > INDENT ? o->width - INDENT : SIZE_MAX, column = 0;

	while (*safe) {
		const char *end = strstr(safe, "; ");
		size_t n = end ? (size_t)(end - safe) + 1 : strlen(safe);
		size_t cells = lk_sanitize_width_n(safe, n, o->utf8);

		if (column && column + 1 + cells > room) {
			putc('\n', o->f);
			column = 0;
		}
		fprintf(o->f, "%*s%.*s", column ? 1 : INDENT, "", (int)n, safe);
		column += cells + (column ? 1 : 0);
		safe += n + (end ? 1 : 0);
	}
	putc('\n', o->f);
}

static void put_job(const struct lk_out *o, const struct lk_snapshot *s, const struct lk_proc *p)
{
	lk_auto_mem char *safe = NULL;
	lk_buf words = { 0 };

	put_command(o, p);
	lk_words_put_job(p, s->host.time_unix_ms, &words);
	safe = lk_sanitize_str(lk_buf_str(&words), o->utf8);
	if (words.n)
		put_wrapped(o, safe);
	lk_vec_done(&words);
}

void lk_who_put_jobs(const struct lk_out *o, const lk_rows *rows)
{
	struct lk_map seen = { 0 };
	size_t n = 0, at;

	for (int waiting = 0; waiting < 2; waiting++) {
		for (size_t i = 0; i < rows->n; i++) {
			const struct lk_proc *p = lk_row_proc(&rows->v[i]);

			if (lk_lock_is_waiting(rows->v[i].lock) != waiting || !p || p->flags & LK_PROC_GONE ||
			    lk_map_find(&seen, &p->pid, sizeof(p->pid), &at))
				continue;
			lk_map_set(&seen, &p->pid, sizeof(p->pid), 1);
			if (n++ < JOBS_MAX)
				put_job(o, rows->v[i].snap, p);
		}
	}
	if (n > JOBS_MAX)
		fprintf(o->f, "%*sand %zu more processes; -o +CMDLINE shows them all\n", INDENT, "", n - JOBS_MAX);
	lk_map_done(&seen);
}

/* ---- locks on deleted files ---- */

static void print(void *arg, const char *sentence)
{
	put_line(arg, sentence);
}

void lk_who_put_deleted(const struct lk_out *o, const lk_namesakes *list)
{
	lk_namesakes_tell(list, print, (void *)o);
}

static void say(void *arg, const char *sentence)
{
	lk_say("%s: %s", (const char *)arg, sentence);
}

void lk_who_say_deleted(const struct lk_asked *target, const lk_namesakes *list)
{
	lk_namesakes_tell(list, say, (void *)target->path);
}

void lk_who_say_all_deleted(const struct lk_session *s)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		lk_namesakes list = { 0 };

		lk_who_find_deleted(s, &s->targets[i], &list);
		lk_who_say_deleted(&s->targets[i], &list);
		lk_vec_done(&list);
	}
}

static void add(void *arg, const char *sentence)
{
	lk_buf *b = arg;

	lk_buf_printf(b, "%s%s", b->n ? ", " : "; but ", sentence);
}

const char *lk_who_but_deleted(struct lk_session *s)
{
	const char *text = "";
	lk_namesakes list = { 0 };
	lk_buf b = { 0 };

	lk_who_find_deleted(s, &s->targets[0], &list);
	lk_namesakes_tell(&list, add, &b);
	if (b.n)
		text = lk_arena_printf(&s->arena, "%s: two programs may each think that they have it", lk_buf_str(&b));
	lk_vec_done(&b);
	lk_vec_done(&list);
	return text;
}

/* ---- uses that are no locks ---- */

static bool is_skipped(int pid, const lk_ints *const *skip)
{
	for (; pid > 0 && *skip; skip++) {
		for (size_t i = 0; i < (*skip)->n; i++) {
			if ((*skip)->v[i] == pid)
				return true;
		}
	}
	return false;
}

static void put_user(const struct lk_out *o, const struct lk_use *use)
{
	bool by_process = lk_use_words(use->kind)->by_process;

	if (use->pid > 0) {
		fprintf(o->f, "%d (", use->pid);
		lk_out_puts(o, use->comm ? use->comm : "?");
	} else if (by_process) {
		fputs("one that could not be found (", o->f);
		lk_out_puts(o, use->what ? use->what : "?");
	} else if (use->what) {
		lk_out_puts(o, use->what);
	}
	/* The path or device that is used, if it is not the FILE as asked. The number of a socket helps nobody. */
	if (use->pid > 0 && use->what && (use->below || use->kind == LK_USE_OPEN || use->kind == LK_USE_PATH)) {
		fputs(": ", o->f);
		lk_out_puts(o, use->what);
	}
	if (by_process)
		putc(')', o->f);
	if (!use->certain)
		fputs(", perhaps", o->f);
}

/* Uses of one kind, without the processes to skip. A process that has several descriptors is named once. */
struct group {
	const struct lk_use **uses;
	size_t n;
};

static void collect(const struct lk_uses *u, size_t file, bool below, enum lk_use_kind kind, const lk_ints *const *skip,
		    struct group *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < u->v.n; i++) {
		const struct lk_use *use = &u->v.v[i];

		if (use->file != file || use->below != below || use->kind != kind || use->locked ||
		    is_skipped(use->pid, skip))
			continue;
		if (use->pid > 0 && ret->n && ret->uses[ret->n - 1]->pid == use->pid)
			continue;
		ret->uses[ret->n++] = use;
	}
}

static void put_group(const struct lk_out *o, enum lk_use_kind kind, const struct group *g)
{
	const struct lk_use_words *words = lk_use_words(kind);

	fputs(words->how, o->f);
	if (words->one)
		fprintf(o->f, " %zu %s", g->n, g->n == 1 ? words->one : words->many);
	if (!words->one && !g->uses[0]->what)
		return;
	for (size_t i = 0; i < g->n && i < NAMED_MAX; i++) {
		fputs(i ? ", " : ": ", o->f);
		put_user(o, g->uses[i]);
	}
	if (g->n > NAMED_MAX)
		fprintf(o->f, " and %zu more", g->n - NAMED_MAX);
}

size_t lk_who_put_uses(const struct lk_out *o, const struct lk_uses *u, size_t file, bool below,
		       const lk_ints *const *skip, const char *before)
{
	lk_auto_mem const struct lk_use **uses = lk_alloc(u->v.n, sizeof(*uses));
	struct group g = { .uses = uses };
	size_t n = 0;

	for (enum lk_use_kind kind = 0; kind < LK_N_USE_KINDS; kind++) {
		collect(u, file, below, kind, skip, &g);
		/* An overlay has a line of its own (lk_who_put_beside()). */
		if (!g.n || kind == LK_USE_OVERLAY)
			continue;
		fputs(n++ ? "; " : before, o->f);
		put_group(o, kind, &g);
	}
	return n;
}

/* ---- beside and below ---- */

static const char *comm_of(const struct lk_who *w, int pid)
{
	for (size_t i = 0; i < w->locks.n; i++) {
		const struct lk_lock *l = w->locks.v[i];

		for (size_t k = 0; k < l->n_holders; k++) {
			if (l->holders[k].pid == pid)
				return l->holders[k].proc && l->holders[k].proc->comm ? l->holders[k].proc->comm : "?";
		}
	}
	return "?";
}

static void print_holders(const struct lk_out *o, const struct lk_who *w)
{
	if (w->locked != LK_YES) {
		fputs(w->locked == LK_NO ? "not locked" : "it cannot be told whether it is locked", o->f);
		return;
	}
	if (!w->holders.n) {
		fputs("locked, but who holds it is not proven", o->f);
		return;
	}
	fprintf(o->f, "locked by %zu %s", w->holders.n, w->holders.n == 1 ? "process" : "processes");
	for (size_t i = 0; i < w->holders.n && i < NAMED_MAX; i++) {
		fprintf(o->f, "%s%d (", i ? ", " : ": ", w->holders.v[i]);
		lk_out_puts(o, comm_of(w, w->holders.v[i]));
		putc(')', o->f);
	}
	if (w->holders.n > NAMED_MAX)
		fprintf(o->f, " and %zu more", w->holders.n - NAMED_MAX);
}

static void print_verdict(const struct lk_out *o, const struct lk_lockfile *l)
{
	fprintf(o->f, "%s of %s, %s: ", lk_lockfile_noun(l->kind), l->kind->maker,
		lk_verdict_words(l->verdict.verdict));
	lk_out_puts(o, l->verdict.because.n ? l->verdict.because.v[0] : "nothing more is known");
}

static const char *where_is(const struct lk_beside *e, const struct lk_asked *target)
{
	if (e->overlay)
		return "Also seen as ";
	return lk_text_below(e->asked.path, target->file.path) ? "In it: " : "Beside it: ";
}

void lk_who_put_beside(const struct lk_out *o, const struct lk_asked *target, const lk_besides *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct lk_beside *e = b->v[i];
		const lk_ints *skip[] = { &e->who.holders, NULL };

		if (i == BESIDE_MAX) {
			fprintf(o->f, "And %zu more: lockscope lockfiles lists them.\n", b->n - i);
			return;
		}
		fputs(where_is(e, target), o->f);
		lk_out_puts(o, e->asked.path);
		fputs(": ", o->f);
		if (e->lockfile.kind)
			print_verdict(o, &e->lockfile);
		else
			print_holders(o, &e->who);
		lk_who_put_uses(o, &e->uses, 0, false, skip, "; ");
		putc('\n', o->f);
	}
}

void lk_who_put_below(const struct lk_out *o, const struct lk_session *s, const struct lk_asked *target)
{
	int64_t n = s->recursive ? 0 : lk_who_count_below(s, target);

	if (n > 0)
		fprintf(o->f, "At least %" PRId64 " %s below it %s locked: who -R tells by whom.\n", n,
			n == 1 ? "file" : "files", n == 1 ? "is" : "are");
}
