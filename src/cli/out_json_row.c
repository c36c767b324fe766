/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints what jansson would print of the same values, compact and in ASCII. An object of jansson's for each row, and one for each process
 * and file in it, takes ten times as long. */
#include "cli/out_json_row.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "table/meaning.h"

/* ---- values ---- */

static void put(struct lk_json_rows *r, const char *s, size_t n)
{
	if (lk_buf_add(&r->text, s, n) < 0)
		r->failed = true;
}

#define PUT(r, literal) put(r, literal, sizeof(literal) - 1)

/* v if it is known, else null. */
static void put_number(struct lk_json_rows *r, int64_t v, bool known)
{
	if (!known)
		PUT(r, "null");
	else if (lk_buf_number(&r->text, v) < 0)
		r->failed = true;
}

/* For numbers of the kernel that stay far below 2^63; one that does not is not to be believed. */
static void put_unsigned(struct lk_json_rows *r, uint64_t v)
{
	put_number(r, (int64_t)v, v > 0 && v <= INT64_MAX);
}

static void put_bool(struct lk_json_rows *r, bool v)
{
	if (v)
		PUT(r, "true");
	else
		PUT(r, "false");
}

static void put_tri(struct lk_json_rows *r, enum lk_tri v)
{
	if (v == LK_UNKNOWN)
		PUT(r, "null");
	else
		put_bool(r, v == LK_YES);
}

static void put_word(struct lk_json_rows *r, const char *word)
{
	PUT(r, "\"");
	put(r, word, strlen(word));
	PUT(r, "\"");
}

static void put_id(struct lk_json_rows *r, uint64_t id)
{
	PUT(r, "\"");
	if (lk_buf_hex(&r->text, id, 16) < 0)
		r->failed = true;
	PUT(r, "\"");
}

/* ---- text ---- */

static size_t plain_len(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= 0x20 && s[i] < 0x7f && s[i] != '"' && s[i] != '\\')
		i++;
	return i;
}

static void put_unit(struct lk_json_rows *r, uint32_t unit)
{
	static const char hex[] = "0123456789ABCDEF";
	char text[] = { '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15] };

	put(r, text, sizeof(text));
}

static void put_code_point(struct lk_json_rows *r, uint32_t cp)
{
	static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; cp < 0x7f && i < sizeof(shorts) - 1; i += 2) {
		char text[] = { '\\', shorts[i + 1] };

		if ((uint32_t)shorts[i] == cp) {
			put(r, text, sizeof(text));
			return;
		}
	}
	if (cp < 0x10000) {
		put_unit(r, cp);
		return;
	}
	put_unit(r, 0xd800 + ((cp - 0x10000) >> 10));
	put_unit(r, 0xdc00 + ((cp - 0x10000) & 0x3ff));
}

/* Valid whatever the bytes: each byte of what is no UTF-8 becomes U+FFFD. */
static void put_text(struct lk_json_rows *r, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!s) {
		PUT(r, "null");
		return;
	}
	PUT(r, "\"");
	while (n) {
		size_t len = plain_len(s, n);
		uint32_t cp = 0;

		put(r, s, len);
		s += len;
		n -= len;
		if (!n)
			break;
		len = lk_text_utf8(s, n, &cp);
		put_code_point(r, len ? cp : 0xfffd);
		s += len ? len : 1;
		n -= len ? len : 1;
	}
	PUT(r, "\"");
}

/* The exact bytes where the text is not. */
static void put_bytes(struct lk_json_rows *r, const char *s)
{
	lk_auto_mem char *b64 = NULL;
	size_t n = s ? strlen(s) : 0;

	if (!s || plain_len(s, n) == n || lk_text_is_utf8(s, n)) {
		PUT(r, "null");
		return;
	}
	b64 = lk_text_b64(s, n);
	if (b64)
		put_word(r, b64);
	else
		r->failed = true;
}

/* ---- parts of a row ---- */

static void put_key(struct lk_json_rows *r, const struct lk_key *k)
{
	char buf[LK_KEY_TEXT];

	PUT(r, "\"key\":");
	if (k->none)
		PUT(r, "null");
	else
		put_word(r, lk_key_format(k, buf));
	PUT(r, ",\"dev_major\":");
	put_number(r, k->major, !k->none);
	PUT(r, ",\"dev_minor\":");
	put_number(r, k->minor, !k->none);
	PUT(r, ",\"inode\":");
	if (k->none) {
		PUT(r, "null");
		return;
	}
	PUT(r, "\"");
	if (lk_buf_unsigned(&r->text, k->ino) < 0)
		r->failed = true;
	PUT(r, "\"");
}

static void put_file(struct lk_json_rows *r, const struct lk_file *file)
{
	PUT(r, "{");
	put_key(r, &file->key);
	PUT(r, ",\"path\":");
	put_text(r, file->seen_path);
	PUT(r, ",\"path_b64\":");
	put_bytes(r, file->seen_path);
	PUT(r, ",\"name\":");
	put_text(r, file->path);
	PUT(r, ",\"deleted\":");
	put_tri(r, file->deleted);
	PUT(r, ",\"replaced\":");
	put_tri(r, file->replaced);
	PUT(r, ",\"reachable\":");
	put_tri(r, lk_file_reachable(file));
	PUT(r, ",\"foreign_mount_ns\":");
	put_unsigned(r, file->foreign_mnt_ns);
	PUT(r, ",\"size_bytes\":");
	put_number(r, file->size, file->size >= 0);
	PUT(r, ",\"fstype\":");
	put_text(r, file->fstype);
	PUT(r, ",\"mount_point\":");
	put_text(r, file->seen_mount_point);
	PUT(r, "}");
}

/* Another process: null where there is none, or it is not known which. */
static void put_relative(struct lk_json_rows *r, int pid, const char *comm)
{
	if (pid <= 0) {
		PUT(r, "null");
		return;
	}
	PUT(r, "{\"pid\":");
	put_number(r, pid, true);
	PUT(r, ",\"comm\":");
	put_text(r, comm);
	PUT(r, ",\"comm_b64\":");
	put_bytes(r, comm);
	PUT(r, "}");
}

static void put_job(struct lk_json_rows *r, const struct lk_proc *p)
{
	PUT(r, ",\"parent\":");
	put_relative(r, p->ppid, p->parent_comm);
	PUT(r, ",\"session\":");
	put_relative(r, p->session, p->session_comm);
	PUT(r, ",\"tracer\":");
	put_relative(r, p->tracer, p->tracer_comm);
	PUT(r, ",\"tty\":");
	put_text(r, p->tty);
	PUT(r, ",\"cmdline\":");
	put_text(r, p->cmdline);
	PUT(r, ",\"cmdline_b64\":");
	put_bytes(r, p->cmdline);
	PUT(r, ",\"unit\":");
	put_text(r, p->unit);
	PUT(r, ",\"user_unit\":");
	put_text(r, p->user_unit);
	PUT(r, ",\"container\":");
	put_text(r, p->container);
}

static void put_namespaces(struct lk_json_rows *r, const struct lk_proc *p)
{
	PUT(r, ",\"namespaces\":{\"pid\":");
	put_unsigned(r, p->pid_ns);
	PUT(r, ",\"mnt\":");
	put_unsigned(r, p->mnt_ns);
	PUT(r, ",\"user\":");
	put_unsigned(r, p->user_ns);
	PUT(r, "}");
}

static void put_proc(struct lk_json_rows *r, const struct lk_proc *p)
{
	PUT(r, ",\"comm\":");
	put_text(r, p->comm);
	PUT(r, ",\"comm_b64\":");
	put_bytes(r, p->comm);
	PUT(r, ",\"uid\":");
	put_number(r, p->uid, p->uid >= 0);
	PUT(r, ",\"user\":");
	put_text(r, p->user);
	PUT(r, ",\"process_state\":");
	put_text(r, lk_proc_state_name(p->state));
	PUT(r, ",\"started_unix_ms\":");
	put_number(r, p->started_unix_ms, p->started_unix_ms != 0);
	if (r->full || r->jobs)
		put_job(r, p);
	if (r->full)
		put_namespaces(r, p);
}

/* What stands in text from `begin` on is kept. false: it could not be. */
static bool keep(struct lk_json_rows *r, size_t begin, lk_buf *kept)
{
	kept->n = 0;
	return !r->failed && lk_buf_add(kept, r->text.v + begin, r->text.n - begin) == 0;
}

static void put_known_file(struct lk_json_rows *r, const struct lk_file *file)
{
	size_t begin = r->text.n;

	if (r->file == file) {
		put(r, r->file_text.v, r->file_text.n);
		return;
	}
	put_file(r, file);
	r->file = keep(r, begin, &r->file_text) ? file : NULL;
}

static void put_known_proc(struct lk_json_rows *r, const struct lk_proc *p)
{
	size_t begin = r->text.n;

	if (r->proc == p) {
		put(r, r->proc_text.v, r->proc_text.n);
		return;
	}
	put_proc(r, p);
	r->proc = keep(r, begin, &r->proc_text) ? p : NULL;
}

static void put_holder(struct lk_json_rows *r, const struct lk_holder *h)
{
	PUT(r, "{\"pid\":");
	put_number(r, h->pid, h->pid > 0);
	PUT(r, ",\"start_ticks\":");
	put_unsigned(r, h->proc->start_ticks);
	PUT(r, ",\"tid\":");
	put_number(r, h->tid, h->tid > 0);
	PUT(r, ",\"fd\":");
	put_number(r, h->fd, h->fd >= 0);
	put_known_proc(r, h->proc);
	PUT(r, "}");
}

static void put_ids(struct lk_json_rows *r, const struct lk_lock *const *locks, size_t n)
{
	PUT(r, "[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			PUT(r, ",");
		put_id(r, locks[i]->id);
	}
	PUT(r, "]");
}

static void put_meaning(struct lk_json_rows *r, const struct lk_lock *l)
{
	r->meaning.n = 0;
	if (lk_meaning_text(r->snap, l, &r->meaning) < 0)
		r->failed = true;
	PUT(r, ",\"meaning\":");
	put_text(r, r->meaning.n ? lk_buf_str(&r->meaning) : NULL);
}

static void put_lock(struct lk_json_rows *r, const struct lk_lock *l)
{
	bool to_eof = lk_range_is_to_eof(l->rec.range);

	PUT(r, "{\"id\":");
	put_id(r, l->id);
	PUT(r, ",\"type\":");
	put_word(r, lk_type_name(l->rec.type));
	PUT(r, ",\"mode\":");
	put_word(r, lk_mode_name(l->rec.mode));
	PUT(r, ",\"break_to\":");
	put_text(r, lk_break_name(l->rec.break_to));
	PUT(r, ",\"break_deadline_ms\":");
	put_number(r, l->break_left_ms, l->rec.break_to && l->break_left_ms >= 0);
	PUT(r, ",\"state\":");
	put_word(r, lk_state_name(l->state));
	PUT(r, ",\"start\":");
	put_number(r, l->rec.range.start, true);
	PUT(r, ",\"end\":");
	put_number(r, l->rec.range.end, !to_eof);
	PUT(r, ",\"to_eof\":");
	put_bool(r, to_eof);
	PUT(r, ",\"whole_file\":");
	put_bool(r, lk_range_is_whole(l->rec.range));
	put_meaning(r, l);
}

static void put_holders(struct lk_json_rows *r, const struct lk_lock *l)
{
	PUT(r, ",\"pid\":");
	put_number(r, l->pid, l->pid > 0);
	PUT(r, ",\"how_known\":");
	put_word(r, lk_how_name(l->how));
	PUT(r, ",\"recorded_pid\":");
	put_number(r, l->rec.pid, true);
	PUT(r, ",\"holders\":[");
	for (size_t i = 0; i < l->n_holders; i++) {
		if (i)
			PUT(r, ",");
		put_holder(r, &l->holders[i]);
	}
	PUT(r, "],\"no_holder_because\":[");
	for (size_t i = 0; i < l->n_because; i++) {
		if (i)
			PUT(r, ",");
		put_text(r, l->no_holder_because[i]);
	}
	PUT(r, "]");
}

static void put_waiting(struct lk_json_rows *r, const struct lk_lock *l)
{
	PUT(r, ",\"waiter\":");
	if (l->waiter)
		put_holder(r, l->waiter);
	else
		PUT(r, "null");
	PUT(r, ",\"blocked_by\":");
	put_ids(r, l->blocked_by, l->n_blocked_by);
	PUT(r, ",\"blocks\":");
	put_ids(r, l->blocks, l->n_blocks);
	PUT(r, ",\"deadlock\":");
	put_number(r, l->deadlock, l->deadlock > 0);
	PUT(r, ",\"wait_ms\":");
	put_number(r, l->wait_ms, l->wait_ms >= 0);
	PUT(r, ",\"wait_error_ms\":");
	put_number(r, l->wait_error_ms, l->wait_ms >= 0 && l->wait_error_ms >= 0);
	PUT(r, "}");
}

void lk_json_rows_done(struct lk_json_rows *r)
{
	lk_vec_done(&r->text);
	lk_vec_done(&r->file_text);
	lk_vec_done(&r->proc_text);
	lk_vec_done(&r->meaning);
}

int lk_json_rows_add(struct lk_json_rows *r, const struct lk_lock *l, const char *before)
{
	put(r, before, strlen(before));
	put_lock(r, l);
	PUT(r, ",\"file\":");
	put_known_file(r, l->file);
	put_holders(r, l);
	put_waiting(r, l);
	return r->failed ? -ENOMEM : 0;
}
