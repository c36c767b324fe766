/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON document: its head, the answer, the rows. */
#include "cli/out_json.h"

#include "cli/out_json_private.h"
#include "source/unread.h"
#include "table/meaning.h"

/* ---- values ---- */

/* Prints a number of the kernel: null for 0, which means unknown, and above INT64_MAX, which cannot be right. */
static void put_unsigned(struct lk_json *j, const char *name, uint64_t v)
{
	lk_json_number_if(j, name, (int64_t)v, v > 0 && v <= INT64_MAX);
}

void lk_out_json_tri(struct lk_json *j, const char *name, enum lk_tri v)
{
	if (v == LK_UNKNOWN)
		lk_json_null(j, name);
	else
		lk_json_bool(j, name, v == LK_YES);
}

void lk_out_json_range(struct lk_json *j, struct lk_range range)
{
	bool to_eof = lk_range_is_to_eof(range);

	lk_json_number(j, "start", range.start);
	lk_json_number_if(j, "end", range.end, !to_eof);
	lk_json_bool(j, "to_eof", to_eof);
}

void lk_out_json_pids(struct lk_json *j, const char *name, const int *pids, size_t n)
{
	lk_json_begin_list(j, name);
	for (size_t i = 0; i < n; i++)
		lk_json_number(j, NULL, pids[i]);
	lk_json_end(j);
}

void lk_out_json_ids(struct lk_json *j, const char *name, const struct lk_lock *const *locks, size_t n)
{
	lk_json_begin_list(j, name);
	for (size_t i = 0; i < n; i++)
		lk_json_hex(j, NULL, locks[i]->id, 16);
	lk_json_end(j);
}

/* ---- rows ---- */

static void put_key(struct lk_json *j, const struct lk_key *k)
{
	char buf[LK_KEY_TEXT];

	lk_json_string(j, "key", k->none ? NULL : lk_key_format(k, buf));
	lk_json_number_if(j, "dev_major", k->major, !k->none);
	lk_json_number_if(j, "dev_minor", k->minor, !k->none);
	if (k->none)
		lk_json_null(j, "inode");
	else
		lk_json_decimal(j, "inode", k->ino);
}

void lk_out_json_file(struct lk_json *j, const char *name, const struct lk_file *file)
{
	lk_json_begin(j, name);
	put_key(j, &file->key);
	lk_json_bytes(j, "path", file->seen_path);
	lk_json_string(j, "name", file->path);
	lk_out_json_tri(j, "deleted", file->deleted);
	lk_out_json_tri(j, "replaced", file->replaced);
	lk_out_json_tri(j, "reachable", lk_file_reachable(file));
	put_unsigned(j, "foreign_mount_ns", file->foreign_mnt_ns);
	lk_json_number_if(j, "size_bytes", file->size, file->size >= 0);
	lk_json_string(j, "fstype", file->fstype);
	lk_json_string(j, "mount_point", file->seen_mount_point);
	lk_json_end(j);
}

/* A parent, session leader or tracer: null if there is none or it is not known. */
static void put_relative(struct lk_json *j, const char *name, int pid, const char *comm)
{
	if (pid <= 0) {
		lk_json_null(j, name);
		return;
	}
	lk_json_begin(j, name);
	lk_json_number(j, "pid", pid);
	lk_json_bytes(j, "comm", comm);
	lk_json_end(j);
}

static void put_job(struct lk_json *j, const struct lk_proc *p)
{
	put_relative(j, "parent", p->ppid, p->parent_comm);
	put_relative(j, "session", p->session, p->session_comm);
	put_relative(j, "tracer", p->tracer, p->tracer_comm);
	lk_json_string(j, "tty", p->tty);
	lk_json_bytes(j, "cmdline", p->cmdline);
	lk_json_string(j, "unit", p->unit);
	lk_json_string(j, "user_unit", p->user_unit);
	lk_json_string(j, "container", p->container);
}

static void put_namespaces(struct lk_json *j, const struct lk_proc *p)
{
	lk_json_begin(j, "namespaces");
	put_unsigned(j, "pid", p->pid_ns);
	put_unsigned(j, "mnt", p->mnt_ns);
	put_unsigned(j, "user", p->user_ns);
	lk_json_end(j);
}

static void put_proc(struct lk_json *j, const struct lk_proc *p, const struct lk_out_json_options *o)
{
	if (lk_json_again(j, 0, p))
		return;
	lk_json_bytes(j, "comm", p->comm);
	lk_json_number_if(j, "uid", p->uid, p->uid >= 0);
	lk_json_string(j, "user", p->user);
	lk_json_string(j, "process_state", lk_proc_state_name(p->state));
	lk_json_number_if(j, "started_unix_ms", p->started_unix_ms, p->started_unix_ms != 0);
	if (o->full || o->jobs)
		put_job(j, p);
	if (o->full)
		put_namespaces(j, p);
	lk_json_keep(j, 0, p);
}

static void put_holder(struct lk_json *j, const char *name, const struct lk_holder *h,
		       const struct lk_out_json_options *o)
{
	lk_json_begin(j, name);
	lk_json_number_if(j, "pid", h->pid, h->pid > 0);
	put_unsigned(j, "start_ticks", h->proc->start_ticks);
	lk_json_number_if(j, "tid", h->tid, h->tid > 0);
	lk_json_number_if(j, "fd", h->fd, h->fd >= 0);
	put_proc(j, h->proc, o);
	lk_json_end(j);
}

static void put_row_file(struct lk_json *j, const struct lk_file *file)
{
	if (lk_json_again(j, 1, file))
		return;
	lk_out_json_file(j, "file", file);
	lk_json_keep(j, 1, file);
}

static void put_meaning(struct lk_json *j, const struct lk_snapshot *s, const struct lk_lock *l)
{
	lk_buf text = { 0 };

	lk_meaning_text(s, l, &text);
	lk_json_string(j, "meaning", text.n ? lk_buf_str(&text) : NULL);
	lk_vec_done(&text);
}

static void put_lock(struct lk_json *j, const struct lk_lock *l)
{
	lk_json_hex(j, "id", l->id, 16);
	lk_json_string(j, "type", lk_type_name(l->rec.type));
	lk_json_string(j, "mode", lk_mode_name(l->rec.mode));
	lk_json_string(j, "break_to", lk_break_name(l->rec.break_to));
	lk_json_number_if(j, "break_deadline_ms", l->break_left_ms, l->rec.break_to && l->break_left_ms >= 0);
	lk_json_string(j, "state", lk_state_name(l->state));
	lk_out_json_range(j, l->rec.range);
	lk_json_bool(j, "whole_file", lk_range_is_whole(l->rec.range));
}

static void put_holders(struct lk_json *j, const struct lk_lock *l, const struct lk_out_json_options *o)
{
	lk_json_number_if(j, "pid", l->pid, l->pid > 0);
	lk_json_string(j, "how_known", lk_how_name(l->how));
	lk_json_number(j, "recorded_pid", l->rec.pid);
	lk_json_begin_list(j, "holders");
	for (size_t i = 0; i < l->n_holders; i++)
		put_holder(j, NULL, &l->holders[i], o);
	lk_json_end(j);
	lk_json_begin_list(j, "no_holder_because");
	for (size_t i = 0; i < l->n_because; i++)
		lk_json_string(j, NULL, l->no_holder_because[i]);
	lk_json_end(j);
}

static void put_waiting(struct lk_json *j, const struct lk_lock *l, const struct lk_out_json_options *o)
{
	if (l->waiter)
		put_holder(j, "waiter", l->waiter, o);
	else
		lk_json_null(j, "waiter");
	lk_out_json_ids(j, "blocked_by", l->blocked_by, l->n_blocked_by);
	lk_out_json_ids(j, "blocks", l->blocks, l->n_blocks);
	lk_json_number_if(j, "deadlock", l->deadlock, l->deadlock > 0);
	lk_json_number_if(j, "wait_ms", l->wait_ms, l->wait_ms >= 0);
	lk_json_number_if(j, "wait_error_ms", l->wait_error_ms, l->wait_ms >= 0 && l->wait_error_ms >= 0);
}

void lk_out_json_row(struct lk_json *j, const char *name, const struct lk_snapshot *s, const struct lk_lock *l,
		     const struct lk_out_json_options *o)
{
	lk_json_begin(j, name);
	put_lock(j, l);
	put_meaning(j, s, l);
	put_row_file(j, l->file);
	put_holders(j, l, o);
	put_waiting(j, l, o);
	lk_json_end(j);
}

/* ---- the document ---- */

/* Rounds to tenths of a millisecond: more digits of a clock reading say nothing. */
static double tenths(double ms)
{
	return ms >= 0 && ms <= 1e12 ? (double)(int64_t)(ms * 10 + 0.5) / 10 : 0;
}

void lk_out_json_unread(struct lk_json *j, const char *name, const struct lk_fact_unread *u, size_t n)
{
	lk_json_begin_list(j, name);
	for (size_t i = 0; i < n; i++) {
		lk_json_begin(j, NULL);
		lk_json_number(j, "pid", u[i].pid);
		lk_json_bytes(j, "comm", u[i].comm);
		lk_json_string(j, "errno", u[i].code ? lk_err_name(u[i].code) : NULL);
		lk_json_end(j);
	}
	lk_json_end(j);
}

static void put_problem(struct lk_json *j, const struct lk_problem *p)
{
	lk_json_begin(j, NULL);
	lk_json_string(j, "what", lk_unread_word(p->what));
	lk_json_string(j, "errno", p->code ? lk_err_name(p->code) : NULL);
	lk_json_number(j, "count", (int64_t)(p->count <= INT64_MAX ? p->count : INT64_MAX));
	lk_json_string(j, "text", p->text);
	lk_out_json_unread(j, "processes", p->unread, p->n_unread);
	lk_json_end(j);
}

static void put_head(struct lk_json *j, const struct lk_snapshot *s)
{
	const struct lk_fact_host *h = &s->host;

	lk_json_string(j, "schema", "lockscope/1");
	lk_json_string(j, "tool", PACKAGE_NAME " " PACKAGE_VERSION);
	lk_json_string(j, "scanner", h->scanner);
	lk_json_string(j, "host", h->host);
	lk_json_string(j, "boot_id", h->boot_id && *h->boot_id ? h->boot_id : NULL);
	lk_json_number(j, "time_unix_ms", h->time_unix_ms);
	lk_json_bool(j, "complete", s->complete);
	lk_json_bool(j, "relations_complete", !s->relations_cut);
	lk_json_begin_list(j, "errors");
	for (size_t i = 0; i < s->n_problems; i++)
		put_problem(j, &s->problems[i]);
	lk_json_end(j);
	lk_json_begin(j, "summary");
	lk_json_unsigned(j, "held", s->n_held);
	lk_json_unsigned(j, "waiting", s->n_waiting);
	lk_json_unsigned(j, "deadlocks", s->n_deadlocks);
	lk_json_real(j, "scan_ms", tenths(s->end.scan_ms));
	lk_json_end(j);
}

int lk_out_json(FILE *f, const struct lk_snapshot *s, const struct lk_lock *const *rows, size_t n_rows,
		const struct lk_answer *answer, const struct lk_out_json_options *o)
{
	struct lk_json j = { .f = f };

	lk_json_begin(&j, NULL);
	put_head(&j, s);
	if (answer)
		lk_out_json_answer(&j, answer, o->lines);
	if (o->lines)
		lk_json_end(&j);
	else
		lk_json_begin_rows(&j, "locks");
	for (size_t i = 0; !j.error && i < n_rows; i++)
		lk_out_json_row(&j, NULL, s, rows[i], o);
	for (size_t i = 0; o->lines && answer && answer->lockfiles && i < answer->lockfiles->n_rows; i++)
		lk_out_json_lockfile(&j, answer->lockfiles->rows[i].lockfile);
	if (!o->lines) {
		lk_json_end(&j);
		lk_json_end(&j);
	}
	return lk_json_done(&j);
}
