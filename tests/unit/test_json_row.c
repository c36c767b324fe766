/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows as they are printed, held against jansson: it reads what was printed and prints the same again. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/out_json.h"

static uint64_t dice_state;

static unsigned dice(unsigned n)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice_state >> 33) % n;
}

static int64_t random_number(void)
{
	static const int64_t special[] = { 0, 1, -1, 9, 10, 4096, INT64_MAX, INT64_MIN, INT32_MAX, 99999999 };

	return special[dice(sizeof(special) / sizeof(*special))];
}

static char texts[16][64];
static size_t n_texts;

/* NULL, or bytes of any kind: plain, ASCII of all kinds, anything at all, code points of all lengths. */
static const char *random_text(void)
{
	static const char *const points[] = { "\xc3\xa9", "\xef\xbf\xbf", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf",
					      "\xe2\x80\xae" };
	char *s = texts[n_texts++ % 16];
	unsigned kind = dice(5), n = dice(12);
	size_t at = 0;

	if (!kind)
		return NULL;
	for (unsigned i = 0; i < n; i++) {
		char one[2] = { (char)(kind == 1 ? 'a' + dice(26) : kind == 2 ? 1 + dice(127) : 1 + dice(255)), '\0' };

		at += (size_t)snprintf(s + at, sizeof(texts[0]) - at, "%s", kind == 4 ? points[dice(5)] : one);
	}
	s[at] = '\0';
	return s;
}

static struct lk_proc random_proc(void)
{
	struct lk_proc p = { .pid = (int)dice(100000),
			     .start_ticks = (uint64_t)random_number(),
			     .uid = random_number() };

	p.comm = random_text();
	p.user = random_text();
	p.cmdline = random_text();
	p.unit = random_text();
	p.container = random_text();
	p.pid_ns = (uint64_t)random_number();
	return p;
}

static struct lk_file random_file(void)
{
	struct lk_file f = { .key = { dice(300), dice(300), (uint64_t)random_number(), dice(4) == 0 } };

	f.size = random_number();
	f.path = random_text();
	f.seen_path = random_text();
	f.fstype = random_text();
	f.seen_mount_point = random_text();
	f.unreachable = (enum lk_tri)((int)dice(3) - 1);
	f.foreign_mnt_ns = dice(2) ? (uint64_t)random_number() : 0;
	f.deleted = (enum lk_tri)((int)dice(3) - 1);
	f.replaced = (enum lk_tri)((int)dice(3) - 1);
	return f;
}

static struct lk_lock random_lock(const struct lk_file *file, const struct lk_holder *holders,
				  const struct lk_lock *const *others, const char *const *because)
{
	struct lk_lock l = { .id = (uint64_t)random_number(), .file = file, .holders = holders, .n_holders = dice(3) };

	l.rec.type = (enum lk_type)dice(6);
	l.rec.mode = (enum lk_mode)dice(4);
	l.rec.break_to = (enum lk_break)dice(3);
	l.break_left_ms = random_number();
	l.rec.pid = random_number();
	l.rec.range = dice(3) ? (struct lk_range){ random_number(), random_number() } : LK_RANGE_WHOLE;
	l.state = (enum lk_state)dice(5);
	l.how = (enum lk_how)dice(5);
	l.pid = (int)dice(3);
	l.waiter = dice(2) ? &holders[dice(2)] : NULL;
	l.no_holder_because = because;
	l.n_because = (uint8_t)dice(3);
	l.blocks = l.blocked_by = others;
	l.n_blocks = dice(3);
	l.n_blocked_by = dice(3);
	l.deadlock = dice(3);
	l.wait_ms = random_number();
	l.wait_error_ms = random_number();
	return l;
}

/* jansson leaves DEL as it is; here it is escaped like other control characters. */
static char *escape_del(const char *s)
{
	lk_buf out = { 0 };

	for (; *s; s++)
		*s == 0x7f ? lk_buf_puts(&out, "\\u007F") : lk_buf_add(&out, s, 1);
	return lk_buf_str(&out);
}

static void check_text(const json_t *object, const char *name, const char *expected)
{
	lk_auto_mem char *utf8 = expected ? lk_text_to_utf8(expected, strlen(expected)) : NULL;
	const json_t *v = json_object_get(object, name);

	if (expected)
		cr_assert_str_eq(json_string_value(v), utf8);
	else
		cr_assert(json_is_null(v));
}

static void check_row(const char *text, size_t n, const struct lk_lock *l)
{
	json_error_t error;
	json_t *row = json_loadb(text, n, 0, &error), *file = json_object_get(row, "file");
	lk_auto_mem char *again = row ? json_dumps(row, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL, *escaped = NULL;

	cr_assert_not_null(row, "%s: %.*s", error.text, (int)n, text);
	escaped = escape_del(again);
	cr_assert_eq(strlen(escaped), n, "%s\n%.*s", escaped, (int)n, text);
	cr_assert_eq(memcmp(escaped, text, n), 0, "%s\n%.*s", escaped, (int)n, text);
	check_text(file, "path", l->file->seen_path);
	check_text(file, "name", l->file->path);
	check_text(file, "fstype", l->file->fstype);
	cr_assert_eq(json_array_size(json_object_get(row, "holders")), l->n_holders);
	for (size_t i = 0; i < l->n_holders; i++)
		check_text(json_array_get(json_object_get(row, "holders"), i), "comm", l->holders[i].proc->comm);
	cr_assert_eq(json_integer_value(json_object_get(row, "recorded_pid")), l->rec.pid);
	json_decref(row);
}

Test(json_row, jansson_prints_the_same)
{
	for (uint64_t seed = 1; seed <= 20000; seed++) {
		struct lk_json j = { .layout = LK_JSON_COMPACT };
		struct lk_proc procs[2];
		struct lk_file file;
		struct lk_lock others[2] = { { .id = 7 }, { .id = UINT64_MAX } }, l;
		const struct lk_lock *const list[] = { &others[0], &others[1] };
		const char *because[2] = { "mapped: it may", "a \"word\"" };
		struct lk_out_json_options o = { 0 };
		struct lk_holder holders[2];

		dice_state = seed;
		procs[0] = random_proc();
		procs[1] = random_proc();
		file = random_file();
		holders[0] = (struct lk_holder){ procs[0].pid, (int)dice(3), (int)dice(5) - 1, &procs[0] };
		holders[1] = (struct lk_holder){ procs[1].pid, 0, 7, &procs[1] };
		l = random_lock(&file, holders, list, because);
		o.full = dice(2);
		lk_out_json_row(&j, NULL, NULL, &l, &o);
		check_row(j.text.v, j.text.n - 1, &l);
		lk_json_done(&j);
	}
}

/* What is kept from row to row is what would be made anew. */
Test(json_row, what_is_kept_is_the_same)
{
	struct lk_out_json_options o = { .full = true };
	struct lk_json kept = { .layout = LK_JSON_COMPACT };
	struct lk_proc procs[2];
	struct lk_file files[2];

	dice_state = 11;
	for (size_t i = 0; i < 2; i++) {
		procs[i] = random_proc();
		files[i] = random_file();
	}
	for (int round = 0; round < 200; round++) {
		struct lk_json fresh = { .layout = LK_JSON_COMPACT };
		struct lk_holder h[2] = { { 1, 0, 3, &procs[dice(2)] }, { 2, 0, 4, &procs[dice(2)] } };
		struct lk_lock l = random_lock(&files[dice(2)], h, NULL, NULL);

		l.n_blocks = l.n_blocked_by = l.n_because = 0;
		kept.text.n = 0;
		lk_out_json_row(&kept, NULL, NULL, &l, &o);
		lk_out_json_row(&fresh, NULL, NULL, &l, &o);
		cr_assert_eq(kept.text.n, fresh.text.n);
		cr_assert_eq(memcmp(kept.text.v, fresh.text.v, fresh.text.n), 0);
		lk_json_done(&fresh);
	}
	lk_json_done(&kept);
}
