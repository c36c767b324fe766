/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/out.h"
#include "cli/print.h"
#include "cli/test.h"
#include "cli/who.h"

static const char *mode_words(const struct lk_test *t)
{
	return t->mode == LK_MODE_READ ? "read" : "write";
}

static void put_kind(const struct lk_out *o, const struct lk_test *t, const struct lk_test_answer *a)
{
	char range[LK_RANGE_TEXT];

	if (a->kind == LK_TEST_FLOCK)
		fprintf(o->f, "  flock %s lock: ", mode_words(t));
	else if (a->kind == LK_TEST_LEASE)
		fprintf(o->f, "  opening it to %s, past leases: ", mode_words(t));
	else if (lk_range_is_whole(t->range))
		fprintf(o->f, "  POSIX or OFD %s lock: ", mode_words(t));
	else
		fprintf(o->f, "  POSIX or OFD %s lock on bytes %s: ", mode_words(t), lk_range_format(t->range, range));
	if (a->granted == LK_YES)
		fputs("would be granted\n", o->f);
	else if (a->granted == LK_NO)
		fprintf(o->f, "would have to wait, %zu in the way\n", a->in_the_way.n);
	else
		fputs("cannot tell: ", o->f);
	if (a->granted == LK_UNKNOWN) {
		lk_out_puts(o, a->reason);
		putc('\n', o->f);
	}
}

static void put_found(const struct lk_out *o, const struct lk_probe_found *f)
{
	char range[LK_RANGE_TEXT];

	fprintf(o->f, "    a %s lock on bytes %s, ", lk_mode_name(f->mode), lk_range_format(f->range, range));
	if (f->pid)
		fprintf(o->f, "POSIX, process %d\n", f->pid);
	else
		fputs("OFD, or of a process that is not visible here\n", o->f);
}

static void put_kernel(const struct lk_out *o, const struct lk_test *t)
{
	if (!t->asked)
		return;
	fprintf(o->f, "  the kernel, asked about POSIX and OFD locks: %s\n",
		t->kernel_granted == LK_YES ? "would be granted" : "would have to wait for");
	for (size_t i = 0; i < t->found.n; i++)
		put_found(o, &t->found.v[i]);
}

static void put_trial(const struct lk_out *o, const struct lk_test *t)
{
	static const char *const words[] = { "POSIX", "OFD", "flock" };

	if (!t->tried)
		return;
	fprintf(o->f, "  %s %s lock, really asked for: %s\n", words[lk_test_wish(t).type], mode_words(t),
		t->acquired == LK_YES ? "granted"
		: t->not_opened       ? "no, because of the lease"
				      : "refused");
	if (t->acquired == LK_YES && t->cli->act.acquire)
		fputs("  It was released at once. Others could have noticed it meanwhile.\n", o->f);
}

/* Each lock once, though it may be in the way of several kinds. */
static int collect(const struct lk_test *t, bool per_process, lk_rows *rows)
{
	for (size_t i = 0; i < t->n_answers; i++) {
		const struct lk_test_answer *a = &t->answers[i];

		for (size_t k = 0; k < a->in_the_way.n; k++) {
			const struct lk_lock *l = a->in_the_way.v[k];
			size_t n = per_process && l->n_holders ? l->n_holders : 1;

			for (size_t h = 0; h < n; h++) {
				struct lk_row *slot = lk_vec_push(rows);

				if (!slot)
					return -ENOMEM;
				*slot = (struct lk_row){ t->session.snap, l,
							 per_process && l->n_holders ? &l->holders[h] : NULL };
			}
		}
	}
	return 0;
}

static int print_for_people(struct lk_test *t)
{
	lk_columns cols = { 0 };
	lk_rows rows = { 0 };
	struct lk_out o;
	int rc = 0;

	lk_out_init(&o, t->cli);
	lk_out_puts(&o, t->cli->args[0]);
	fputs(":\n", o.f);
	for (size_t i = 0; i < t->n_answers; i++)
		put_kind(&o, t, &t->answers[i]);
	put_kernel(&o, t);
	put_trial(&o, t);
	lk_who_note_mandatory(&o, &t->session.targets[0], t->session.snap->host.live);
	if (lk_out_columns(t->cli, true, &cols))
		rc = -ENOMEM;
	if (!rc)
		rc = collect(t, true, &rows);
	if (!rc)
		rc = lk_out_show_wanted(t->cli, &cols, rows.v, rows.n);
	if (!rc && rows.n)
		rc = lk_out_table(&o, &cols, rows.v, rows.n);
	if (!rc)
		rc = lk_who_deleted_print(&o, &t->deleted);
	lk_vec_done(&rows);
	lk_vec_done(&cols);
	return rc;
}

static int print_document(struct lk_test *t)
{
	struct lk_answer_kind kinds[LK_TEST_KINDS];
	struct lk_answer_test say = { .path = t->cli->args[0],
				      .file = t->who.target->resolved ? &t->who.target->file : NULL,
				      .mode = t->mode,
				      .range = t->range,
				      .granted = lk_test_overall(t),
				      .kinds = kinds,
				      .n_kinds = t->n_answers,
				      .asked = t->asked,
				      .kernel_granted = t->kernel_granted,
				      .found = t->found.v,
				      .n_found = t->found.n,
				      .deleted = &t->deleted,
				      .acquired = t->tried ? t->acquired : LK_UNKNOWN };
	struct lk_answer answer = { .verb = "test", .test = &say };
	lk_columns none = { 0 };
	lk_rows rows = { 0 };
	int rc;

	for (size_t i = 0; i < t->n_answers; i++) {
		const struct lk_test_answer *a = &t->answers[i];

		kinds[i] = (struct lk_answer_kind){ lk_test_kind_name(a->kind), a->granted,
						    (const struct lk_lock *const *)a->in_the_way.v, a->in_the_way.n,
						    a->reason };
	}
	rc = collect(t, false, &rows);
	if (!rc)
		rc = lk_print_rows(t->cli, &t->session, &none, &rows, &answer);
	lk_vec_done(&rows);
	return rc;
}

int lk_test_print(struct lk_test *t)
{
	if (t->cli->format == LK_FORMAT_QUIET || t->cli->command)
		return 0;
	return t->cli->format == LK_FORMAT_JSON ? print_document(t) : print_for_people(t);
}
