/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The getters behind the column table, which make one value of a row, and the functions for cells that say more than their value. */
#ifndef LK_TABLE_GET_H
#define LK_TABLE_GET_H

#include "base/buf.h"
#include "base/ints.h"
#include "table/column.h"

/* NULL: unknown. */
static inline struct lk_value lk_value_string(const char *s)
{
	return (struct lk_value){ .known = s != NULL, .s = s };
}

/* The text in scratch as a value; unknown if there is none. */
static inline struct lk_value lk_value_made(lk_buf *scratch)
{
	return lk_value_string(scratch->n ? lk_buf_str(scratch) : NULL);
}

/* Who the row is about: the row's holder, the waiter, or the first holder; NULL where nobody is proven. */
const struct lk_holder *lk_row_holder(const struct lk_row *row);
/* The process of that holder; where nobody is proven, the one that the kernel recorded; NULL: none. */
const struct lk_proc *lk_row_proc(const struct lk_row *row);

/* clang-format off */
#define LK_GETTERS(X) \
	X(id) X(state) X(type) X(mode) X(pid) X(tid) X(command) X(user) X(uid) X(fd) X(range) X(start) X(end) X(size) \
	X(length) X(inode) X(dev) X(majmin) X(blocker) X(key) X(path) X(deleted) X(replaced) X(holders) X(how) X(blockedby) \
	X(blocks) X(nholders) X(shared) X(pstate) X(started) X(ppid) X(tty) X(unit) X(user_unit) X(container) X(cmdline) X(fstype) X(mount) \
	X(mandatory) X(age) X(why) X(meaning)
/* clang-format on */
#define LK_DECLARE_GETTER(name) struct lk_value lk_get_##name(const struct lk_row *row, lk_buf *scratch);
LK_GETTERS(LK_DECLARE_GETTER)
#undef LK_DECLARE_GETTER

/* Appends an ASCII word in upper case, as tables show it: "POSIX" for "posix". */
void lk_put_upper(const char *word, lk_buf *out);

/* As lk_column.text. */
void lk_text_type(const struct lk_row *row, bool human, lk_buf *out);
void lk_text_mode(const struct lk_row *row, bool human, lk_buf *out);
void lk_text_end(const struct lk_row *row, bool human, lk_buf *out);
void lk_text_length(const struct lk_row *row, bool human, lk_buf *out);
void lk_text_path(const struct lk_row *row, bool human, lk_buf *out);
/* The path; where it is not known, what helps to find the file: "?:INODE on /mount" (find -inum). */
void lk_put_file(const struct lk_file *file, lk_buf *out);
/* "(deleted)", "(replaced)": what became of the path; NULL: nothing. */
const char *lk_file_note(const struct lk_file *file);
/* The length of "(deleted)" or "(replaced)" if the PATH cell ends in it only because the file is named so; else 0. */
size_t lk_path_false_note(const struct lk_row *row);
void lk_text_age(const struct lk_row *row, bool human, lk_buf *out);

void lk_text_started(const struct lk_row *row, bool human, lk_buf *out);

/* As lk_column.note. " (stopped)": the process is stopped, traced, a zombie or dead; " (1 of 3 stopped)": one of several that hold the
 * lock. */
void lk_note_state(const struct lk_row *row, lk_buf *out);
/* " +1": how many other processes hold the lock than the one named; nothing for the row of one holder. */
void lk_note_holders(const struct lk_row *row, lk_buf *out);
/* " +1": how many other processes are in the way of the request than the one named; " +" alone: very many. */
void lk_note_blocker(const struct lk_row *row, lk_buf *out);

/* The lock that the kernel lists the request behind, else the first of those in its way; NULL: none. */
const struct lk_lock *lk_lock_blocker(const struct lk_lock *l);
/* Adds the processes in the way of a request to the set *ret: the holders of the locks there, or who is recorded as their owner. */
void lk_lock_blockers(const struct lk_lock *l, lk_ints *ret);

/* Of a lease being broken: "being broken down to nothing, in 43s at the latest". */
void lk_break_text(const struct lk_lock *l, lk_buf *out);

/* "whole", "100-199", "100-"; as START+LENGTH, "1073741826+510", where START-END would need more cells than this. */
#define LK_LONG_RANGE 14
void lk_range_brief(struct lk_range r, lk_buf *out);

/* For people: "1.2M". */
void lk_size_text(uint64_t bytes, lk_buf *out);
/* For people: "3m12s", at_least: "3m12s+"; nothing if ms is negative. */
void lk_age_text(int64_t ms, bool at_least, lk_buf *out);

#endif
