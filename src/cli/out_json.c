/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/out_json_private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/out_json_row.h"
#include "source/unread.h"

#define CHUNK ((size_t)64 * 1024) /* bytes of rows written at once */

struct lk_json_object lk_json_new(void)
{
	json_t *j = json_object();

	return (struct lk_json_object){ j, !j };
}

/* v is taken over; NULL means that memory was out. */
void lk_json_put(struct lk_json_object *o, const char *name, json_t *v)
{
	if (o->failed)
		json_decref(v);
	else if (json_object_set_new_nocheck(o->json, name, v) < 0)
		o->failed = true;
}

/* The finished value, NULL when something failed. */
json_t *lk_json_finish(struct lk_json_object *o)
{
	if (!o->failed)
		return o->json;
	json_decref(o->json);
	return NULL;
}

void lk_json_append(json_t *list, json_t *v, bool *failed)
{
	if (*failed)
		json_decref(v);
	else if (json_array_append_new(list, v) < 0)
		*failed = true;
}

json_t *lk_json_finish_list(json_t *list, bool failed)
{
	if (!failed)
		return list;
	json_decref(list);
	return NULL;
}

/* ---- values ---- */

json_t *lk_json_integer(int64_t v, bool known)
{
	return known ? json_integer(v) : json_null();
}

json_t *lk_json_tri(enum lk_tri v)
{
	return v == LK_UNKNOWN ? json_null() : json_boolean(v == LK_YES);
}

/* Valid UTF-8, whatever the bytes. */
json_t *lk_json_text(const char *s)
{
	lk_auto_mem char *utf8 = NULL;

	if (!s)
		return json_null();
	utf8 = lk_text_to_utf8(s, strlen(s));
	return utf8 ? json_string_nocheck(utf8) : NULL;
}

json_t *lk_json_base64_of(const char *s)
{
	lk_auto_mem char *b64 = NULL;

	if (!s || lk_text_is_utf8(s, strlen(s)))
		return json_null();
	b64 = lk_text_b64(s, strlen(s));
	return b64 ? json_string_nocheck(b64) : NULL;
}

static json_t *decimal_string(uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%" PRIu64, v);
	return json_string_nocheck(buf);
}

json_t *lk_json_id(uint64_t id)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "%016" PRIx64, id);
	return json_string_nocheck(buf);
}

/* Tenths are as much as a clock reading is worth. */
static json_t *milliseconds(double ms)
{
	if (!(ms >= 0) || ms > 1e12)
		return json_real(0);
	return json_real((double)(int64_t)(ms * 10 + 0.5) / 10);
}

/* ---- parts of a row ---- */

static void put_key(struct lk_json_object *o, const struct lk_key *k)
{
	char buf[LK_KEY_TEXT];

	lk_json_put(o, "key", k->none ? json_null() : json_string_nocheck(lk_key_format(k, buf)));
	lk_json_put(o, "dev_major", lk_json_integer(k->major, !k->none));
	lk_json_put(o, "dev_minor", lk_json_integer(k->minor, !k->none));
	lk_json_put(o, "inode", k->none ? json_null() : decimal_string(k->ino));
}

json_t *lk_json_file(const struct lk_file *file)
{
	struct lk_json_object o = lk_json_new();

	put_key(&o, &file->key);
	lk_json_put(&o, "path", lk_json_text(file->seen_path));
	lk_json_put(&o, "path_b64", lk_json_base64_of(file->seen_path));
	lk_json_put(&o, "name", lk_json_text(file->path));
	lk_json_put(&o, "deleted", lk_json_tri(file->deleted));
	lk_json_put(&o, "replaced", lk_json_tri(file->replaced));
	lk_json_put(&o, "reachable", lk_json_tri(lk_file_reachable(file)));
	lk_json_put(&o, "foreign_mount_ns", lk_json_integer((int64_t)file->foreign_mnt_ns, file->foreign_mnt_ns != 0));
	lk_json_put(&o, "size_bytes", lk_json_integer(file->size, file->size >= 0));
	lk_json_put(&o, "fstype", lk_json_text(file->fstype));
	lk_json_put(&o, "mount_point", lk_json_text(file->seen_mount_point));
	return lk_json_finish(&o);
}

json_t *lk_json_ids(const struct lk_lock *const *locks, size_t n)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; i < n; i++)
		lk_json_append(list, lk_json_id(locks[i]->id), &failed);
	return lk_json_finish_list(list, failed);
}

/* ---- the head ---- */

static json_t *unread_object(const struct lk_fact_unread *u)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "pid", json_integer(u->pid));
	lk_json_put(&o, "comm", lk_json_text(u->comm));
	lk_json_put(&o, "comm_b64", lk_json_base64_of(u->comm));
	lk_json_put(&o, "errno", u->code ? json_string_nocheck(lk_err_name(u->code)) : json_null());
	return lk_json_finish(&o);
}

json_t *lk_json_unread(const struct lk_fact_unread *u, size_t n)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; i < n; i++)
		lk_json_append(list, unread_object(&u[i]), &failed);
	return lk_json_finish_list(list, failed);
}

static json_t *error_object(const struct lk_problem *p)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "what", lk_json_text(lk_unread_word(p->what)));
	lk_json_put(&o, "errno", p->code ? json_string_nocheck(lk_err_name(p->code)) : json_null());
	lk_json_put(&o, "count", json_integer((json_int_t)(p->count <= INT64_MAX ? p->count : INT64_MAX)));
	lk_json_put(&o, "text", lk_json_text(p->text));
	lk_json_put(&o, "processes", lk_json_unread(p->unread, p->n_unread));
	return lk_json_finish(&o);
}

static json_t *error_list(const struct lk_snapshot *s)
{
	json_t *list = json_array();
	bool failed = !list;

	for (size_t i = 0; i < s->n_problems; i++)
		lk_json_append(list, error_object(&s->problems[i]), &failed);
	return lk_json_finish_list(list, failed);
}

static json_t *summary_object(const struct lk_snapshot *s)
{
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "held", json_integer((json_int_t)s->n_held));
	lk_json_put(&o, "waiting", json_integer((json_int_t)s->n_waiting));
	lk_json_put(&o, "deadlocks", json_integer((json_int_t)s->n_deadlocks));
	lk_json_put(&o, "scan_ms", milliseconds(s->end.scan_ms));
	return lk_json_finish(&o);
}

static json_t *head_object(const struct lk_snapshot *s, const struct lk_answer *answer)
{
	const struct lk_fact_host *h = &s->host;
	struct lk_json_object o = lk_json_new();

	lk_json_put(&o, "schema", json_string_nocheck("lockscope/1"));
	lk_json_put(&o, "tool", json_string_nocheck(PACKAGE_NAME " " PACKAGE_VERSION));
	lk_json_put(&o, "scanner", lk_json_text(h->scanner));
	lk_json_put(&o, "host", lk_json_text(h->host));
	lk_json_put(&o, "boot_id", lk_json_text(h->boot_id && *h->boot_id ? h->boot_id : NULL));
	lk_json_put(&o, "time_unix_ms", json_integer(h->time_unix_ms));
	lk_json_put(&o, "complete", json_boolean(s->complete));
	lk_json_put(&o, "relations_complete", json_boolean(!s->relations_cut));
	lk_json_put(&o, "errors", error_list(s));
	lk_json_put(&o, "summary", summary_object(s));
	if (answer && !answer->more)
		lk_json_put(&o, "answer", lk_json_answer(answer));
	return lk_json_finish(&o);
}

/* ---- printing ---- */

/* jansson escapes everything but printable ASCII and DEL. */
static int write_chunk(const char *p, size_t n, void *arg)
{
	FILE *f = arg;

	while (n) {
		const char *del = memchr(p, 0x7f, n);
		size_t plain = del ? (size_t)(del - p) : n;

		if (fwrite(p, 1, plain, f) != plain || (del && fputs("\\u007F", f) < 0))
			return -1;
		p += plain + (del ? 1 : 0);
		n -= plain + (del ? 1 : 0);
	}
	return 0;
}

static int put_text(FILE *f, const char *s)
{
	errno = 0;
	if (fputs(s, f) >= 0)
		return 0;
	return errno ? -errno : -EIO;
}

/* v: NULL when memory was out. embed: without the braces around it. */
static int put_object(FILE *f, const json_t *v, bool embed)
{
	size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15) | (embed ? JSON_EMBED : 0);

	if (!v)
		return -ENOMEM;
	errno = 0;
	if (json_dump_callback(v, write_chunk, f, flags) == 0)
		return 0;
	return errno ? -errno : -EIO;
}

static int put_long_answer(FILE *f, const struct lk_answer *answer)
{
	lk_auto_json *begin = lk_json_answer(answer);
	int rc = put_text(f, ",\"answer\":{");

	if (!rc)
		rc = put_object(f, begin, true);
	if (!rc)
		rc = answer->more(f, answer->arg);
	return rc ? rc : put_text(f, "}");
}

static int put_head(FILE *f, const struct lk_snapshot *s, const struct lk_answer *answer, bool lines)
{
	lk_auto_json *head = head_object(s, answer);
	int rc = put_text(f, "{");

	if (!rc)
		rc = put_object(f, head, true);
	if (!rc && answer && answer->more)
		rc = put_long_answer(f, answer);
	return rc ? rc : put_text(f, lines ? "}" : ",\"locks\":[");
}

/* Writes the rows that were made, and forgets them. */
static int flush(FILE *f, struct lk_json_rows *r)
{
	size_t n = r->text.n;

	r->text.n = 0;
	errno = 0;
	if (fwrite(r->text.v, 1, n, f) == n)
		return 0;
	return errno ? -errno : -EIO;
}

int lk_json_put_row(FILE *f, const struct lk_snapshot *s, const struct lk_lock *l, const char *before, bool full)
{
	struct lk_json_rows r = { .snap = s, .full = full };
	int rc = lk_json_rows_add(&r, l, before);

	rc = rc ? rc : flush(f, &r);
	lk_json_rows_done(&r);
	return rc;
}

static int put_rows(FILE *f, const struct lk_snapshot *s, const struct lk_lock *const *rows, size_t n_rows,
		    const struct lk_json_options *o)
{
	struct lk_json_rows r = { .snap = s, .full = o->full, .jobs = o->jobs };
	int rc = 0;

	for (size_t i = 0; !rc && i < n_rows; i++) {
		rc = lk_json_rows_add(&r, rows[i], o->lines || !i ? "\n" : ",\n");
		if (!rc && (i + 1 == n_rows || r.text.n >= CHUNK))
			rc = flush(f, &r);
	}
	lk_json_rows_done(&r);
	return rc;
}

int lk_json_print(FILE *f, const struct lk_snapshot *s, const struct lk_lock *const *rows, size_t n_rows,
		  const struct lk_answer *answer, const struct lk_json_options *o)
{
	int rc = put_head(f, s, answer, o->lines);

	rc = rc ? rc : put_rows(f, s, rows, n_rows, o);
	return rc ? rc : put_text(f, o->lines ? "\n" : "]}\n");
}
