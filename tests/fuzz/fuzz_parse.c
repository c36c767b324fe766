/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first byte chooses the parser, the rest is the text. */
#include <string.h>

#include "fuzz.h"
#include "record/blocked.h"
#include "record/maps.h"
#include "record/parse.h"

static void check_record(const struct lk_record *r)
{
	LK_FUZZ_MUST(r->range.start >= 0 && r->range.end >= r->range.start);
	LK_FUZZ_MUST(strlen(r->type_word) > 0 && strlen(r->type_word) < LK_WORD_MAX);
	LK_FUZZ_MUST(strlen(r->phase_word) > 0 && strlen(r->phase_word) < LK_WORD_MAX);
	LK_FUZZ_MUST(strlen(r->mode_word) > 0 && strlen(r->mode_word) < LK_WORD_MAX);
	LK_FUZZ_MUST(lk_type_name(r->type) && lk_mode_name(r->mode));
	LK_FUZZ_MUST(lk_record_same_body(r, r));
}

/* What lk_key_format() prints, lk_key_parse() reads. */
static void check_key(const struct lk_key *key)
{
	char text[LK_KEY_TEXT];
	struct lk_key again;

	if (key->none)
		return;
	lk_key_format(key, text);
	LK_FUZZ_MUST(lk_key_parse(text, strlen(text), &again) == 0);
	LK_FUZZ_MUST(lk_key_equal(key, &again));
}

static void fuzz_line(const char *s, size_t n)
{
	struct lk_record r;

	if (lk_parse_lock_line(s, n, &r) < 0)
		return;
	check_record(&r);
	check_key(&r.key);
}

static void fuzz_maps(const char *s, size_t n)
{
	struct lk_maps_line m;

	if (lk_maps_parse_line(s, n, &m) < 0)
		return;
	LK_FUZZ_MUST(m.addresses < n && s[m.addresses] == ' ' && !m.key.none);
	check_key(&m.key);
}

static int count_lock(void *arg, const struct lk_record *rec, const char *line, size_t n)
{
	size_t *count = arg;

	check_record(rec);
	LK_FUZZ_MUST(!memchr(line, '\n', n));
	++*count;
	return 0;
}

static void fuzz_fdinfo(const char *s, size_t n)
{
	struct lk_fdinfo f;
	size_t count = 0;

	LK_FUZZ_MUST(lk_parse_fdinfo(s, n, &f, count_lock, &count) == 0);
	LK_FUZZ_MUST(f.n_locks == count);
	LK_FUZZ_MUST(f.mnt_id >= -1);
}

static void fuzz_stat(const char *s, size_t n)
{
	struct lk_stat st;

	if (lk_parse_stat(s, n, &st) < 0)
		return;
	LK_FUZZ_MUST(st.pid > 0);
	LK_FUZZ_MUST(st.comm >= s && st.comm_len <= n && st.comm + st.comm_len < s + n);
}

static void fuzz_status(const char *s, size_t n)
{
	unsigned uid;

	lk_parse_status_uid(s, n, &uid);
	LK_FUZZ_MUST(lk_parse_status_tracer(s, n) >= 0 && lk_parse_status_tgid(s, n) >= 0);
	LK_FUZZ_MUST(lk_parse_status_nspid(s, n) <= n);
}

static void fuzz_syscall(const char *s, size_t n)
{
	struct lk_syscall call;
	struct lk_blocked blocked;

	if (lk_parse_syscall(s, n, &call) < 0)
		return;
	LK_FUZZ_MUST(call.nr >= 0);
	for (int abi = LK_ABI_NATIVE; abi <= LK_ABI_I386; abi++) {
		if (lk_blocked_decode(&call, (enum lk_abi)abi, &blocked))
			LK_FUZZ_MUST(blocked.fd >= -1 && lk_type_name(blocked.type) && lk_mode_name(blocked.mode));
	}
}

static void fuzz_flock(const char *s, size_t n)
{
	for (int layout = LK_FLOCK_NATIVE; layout <= LK_FLOCK_I386_64; layout++) {
		struct lk_range range = { -1, -1 };
		enum lk_mode mode;
		bool resolved;

		if (n < lk_flock_size((enum lk_flock_layout)layout))
			continue;
		if (lk_flock_decode((enum lk_flock_layout)layout, s, &mode, &range, &resolved) == 0)
			LK_FUZZ_MUST(range.start >= 0 && range.end >= range.start);
	}
}

static void fuzz_thread(const char *s, size_t n)
{
	int processor = 0;
	double ms = 0;
	char tty[LK_TTY_TEXT];
	uint32_t number;

	LK_FUZZ_MUST(lk_parse_stat_processor(s, n, &processor) < 0 || processor >= 0);
	LK_FUZZ_MUST(lk_parse_sched_exec_start(s, n, &ms) < 0 || ms >= 0);
	if (n < sizeof(number))
		return;
	memcpy(&number, s, sizeof(number));
	LK_FUZZ_MUST((*lk_tty_name(number, tty) != '\0') == (number != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data + 1;

	if (!size)
		return 0;
	switch (data[0] % 7) {
	case 0:
		fuzz_line(s, size - 1);
		fuzz_maps(s, size - 1);
		break;
	case 1:
		fuzz_fdinfo(s, size - 1);
		break;
	case 2:
		fuzz_stat(s, size - 1);
		break;
	case 3:
		fuzz_status(s, size - 1);
		break;
	case 4:
		fuzz_syscall(s, size - 1);
		break;
	case 5:
		fuzz_flock(s, size - 1);
		break;
	default:
		fuzz_thread(s, size - 1);
		break;
	}
	return 0;
}
