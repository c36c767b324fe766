/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lockscope wait: until a file is free or locked, or a process has ended. */
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "action/target.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/name_watch.h"
#include "cli/who_print.h"
#include "words/words.h"

/* Pauses between looks: short at first, then longer, up to LAST_PAUSE_MS; and always at least SCANS_PER_PAUSE times the CPU time of a
 * look, so that looking does not slow down others. */
#define FIRST_PAUSE_MS 50
#define LAST_PAUSE_MS 1000
#define SCANS_PER_PAUSE 20
#define SCAN_LEAST_MS 1000
#define DOUBTS_MAX 3 /* so many looks in a row could not tell: give up */
#define NAMED_MAX 5

/* One FILE or PID that is waited for. */
struct wish {
	char *path; /* from argv; NULL: a process */
	struct lk_target process;
	bool pinned, fulfilled;
	bool seen; /* at some look the name, or at least its directory, existed */
	bool absent; /* at the last look there was no such file */
	unsigned doubts;
	lk_ints holders; /* at the last look */
	bool told;
	/* A lock file that is no kernel lock: what it was at the last look, and the process that is written in it. */
	enum lk_verdict verdict;
	int owner; /* 0: none is written, or it is gone */
	struct lk_name_watch watch;
	bool sqlite; /* at the last look it was a SQLite database, waited for until it could be written */
};

struct wait_job {
	const struct lk_cli *cli;
	LK_VEC(struct wish) wishes;
	int64_t end_ms; /* lk_io_now_ms() time; 0: none */
	int64_t pause_ms;
	double cost_ms; /* CPU time of the last look */
};

static bool is_quiet(const struct wait_job *j)
{
	return j->cli->format == LK_FORMAT_QUIET;
}

static const char *seconds_words(uint32_t ms, char buf[32])
{
	if (ms % 1000)
		snprintf(buf, 32, "%u.%03u s", ms / 1000, ms % 1000);
	else
		snprintf(buf, 32, "%u s", ms / 1000);
	return buf;
}

/* ---- what is waited for ---- */

static bool names_process(const char *word, int *ret_pid, uint64_t *ret_ticks)
{
	const char *at = strchr(word, '@');
	size_t n = at ? (size_t)(at - word) : strlen(word);

	return lk_text_pid(word, n, ret_pid) == 0 && (!at || lk_text_u64(at + 1, strlen(at + 1), 10, ret_ticks) == 0);
}

static enum lk_status add_process(struct wait_job *j, struct wish *w, int pid, uint64_t ticks)
{
	struct lk_proc proc = { .pid = pid, .start_ticks = ticks, .uid = -1 };
	struct lk_err err = { 0 };
	enum lk_status status = 0;
	int rc;

	if (j->cli->act.wait_for == LK_WAIT_HELD || j->cli->has_range)
		return lk_cli_misuse(j->cli->verb,
				     "a process is waited for until it ends; --for held and --range go with a FILE");
	rc = lk_target_pin(&w->process, &lk_sys_real, &proc, NULL, NULL, &err);
	w->pinned = rc == 0;
	/* The process is gone, or its number belongs to another by now: it has ended. */
	w->fulfilled = rc == -ESRCH || rc == -ESTALE;
	if (!w->pinned && !w->fulfilled)
		status = lk_say_error(&err);
	else if (w->fulfilled && !is_quiet(j))
		lk_say("process %d has ended already", pid);
	lk_err_done(&err);
	return status;
}

static enum lk_status add_wish(struct wait_job *j, char *word)
{
	struct wish *w = lk_vec_push(&j->wishes);
	uint64_t ticks = 0;
	int pid;

	*w = (struct wish){ .process.pidfd = -1, .watch.fd = -1 };
	if (names_process(word, &pid, &ticks))
		return add_process(j, w, pid, ticks);
	w->path = word;
	return 0;
}

/* ---- looking ---- */

/* Says what is waited for: once, and again when the holders have changed. */
static void tell(const struct wait_job *j, struct wish *w, const struct lk_session *s, const struct lk_who *who)
{
	struct lk_arena a = { 0 };
	const char *words;
	lk_buf likely = { 0 };
	bool same = who->holders.n == w->holders.n &&
		    (!w->holders.n || memcmp(w->holders.v, who->holders.v, w->holders.n * sizeof(int)) == 0);

	if ((w->told && same) || is_quiet(j))
		return;
	w->told = true;
	words = lk_words_processes(&a, s->snap, who->holders.v, who->holders.n);
	if (!words)
		lk_who_put_likely(who, &likely);
	if (j->cli->act.wait_for == LK_WAIT_HELD)
		lk_say("waiting until %s is locked", w->path);
	else if (w->sqlite)
		lk_say("waiting until %s, a SQLite database, could be written; in the way: %s", w->path,
		       words ? words : "somebody who is not proven");
	else if (words)
		lk_say("waiting until %s is free; it is held by %s", w->path, words);
	else if (likely.n)
		lk_say("waiting until %s is free; it is most likely held by %s", w->path, lk_buf_str(&likely));
	else
		lk_say("waiting until %s is free; who holds it is not proven", w->path);
	lk_vec_done(&likely);
	lk_arena_done(&a);
}

static void keep_holders(struct wish *w, const struct lk_who *who)
{
	w->holders.n = 0;
	for (size_t i = 0; i < who->holders.n; i++)
		*lk_vec_push(&w->holders) = who->holders.v[i];
}

/* 0 or -errno, as lk_source_resolve(); the strings of *ret are valid until the next call. */
static int look_up(const struct lk_session *s, const char *path, bool follow, struct lk_fact_file *ret)
{
	struct lk_err err = { 0 };
	int rc = lk_source_resolve(s->source, path, follow, ret, &err);

	lk_err_done(&err);
	return rc;
}

/* Between lk_session_resolve() and the scan the name may have passed to another file, which is then the one that is waited for. */
static bool still_leads_to(const struct lk_session *s, const struct lk_fact_file *file)
{
	struct lk_fact_file now;

	/* A link that is a lock is asked about itself. */
	if (look_up(s, s->names[0], !s->physical && !S_ISLNK(file->mode), &now) < 0)
		return true;
	return lk_key_equal(&now.key, &file->key) && now.st_ino == file->st_ino && now.st_major == file->st_major &&
	       now.st_minor == file->st_minor;
}

/* Says that the name is free though a deleted file of that name is locked. but: of lk_who_but_deleted(); "": there is none. */
static void say_but(const struct wait_job *j, const struct wish *w, const char *but)
{
	if (but[0] && !is_quiet(j))
		lk_say("%s is free%s", w->path, but);
}

/* 0: go on, or the status to end with. */
static enum lk_status judge(struct wait_job *j, struct wish *w, struct lk_session *s, const struct lk_who *who)
{
	enum lk_tri wanted = j->cli->act.wait_for == LK_WAIT_HELD ? LK_YES : LK_NO;

	w->seen = w->seen || who->target->resolved;
	w->absent = false;
	w->fulfilled = who->locked == wanted && still_leads_to(s, &who->target->file);
	w->doubts = who->locked == LK_UNKNOWN ? w->doubts + 1 : 0;
	if (w->fulfilled && wanted == LK_NO)
		say_but(j, w, lk_who_but_deleted(s));
	if (w->doubts >= DOUBTS_MAX) {
		lk_say("cannot tell whether %s is locked: %s", w->path,
		       who->reason ? who->reason : "not all could be read");
		return LK_STATUS_UNKNOWN;
	}
	if (who->locked == wanted || w->doubts)
		return 0;
	tell(j, w, s, who);
	keep_holders(w, who);
	return 0;
}

static void tell_lockfile(const struct wait_job *j, struct wish *w, const struct lk_lockfile *l)
{
	enum lk_verdict v = l->verdict.verdict;
	const char *noun = lk_lockfile_noun(l->kind), *why = l->verdict.because.n ? l->verdict.because.v[0] : "";

	if ((w->told && w->verdict == v) || is_quiet(j))
		return;
	w->told = true;
	if (w->fulfilled && j->cli->act.wait_for == LK_WAIT_FREE)
		lk_say("%s is still there, but a %s of %s that is %s: %s", w->path, noun, l->kind->maker,
		       lk_verdict_words(v), why);
	else if (!w->fulfilled)
		lk_say("waiting until %s, a %s of %s, is %s; it is %s: %s", w->path, noun, l->kind->maker,
		       j->cli->act.wait_for == LK_WAIT_FREE ? "gone or proven to be stale" : "taken again",
		       lk_verdict_words(v), why);
}

/* It is locked as long as it is there, unless it is proven that nobody has it any more. */
static void judge_lockfile(struct wait_job *j, struct wish *w, struct lk_session *s, const struct lk_who_file *file)
{
	const struct lk_lockfile *l = &file->lockfile;
	const struct lk_asked *t = file->who.target;
	bool free_wanted = j->cli->act.wait_for == LK_WAIT_FREE;

	w->seen = true;
	w->absent = false;
	w->doubts = 0;
	w->fulfilled = (file->who.locked == LK_NO) == free_wanted && still_leads_to(s, &t->file);
	w->owner = l->evidence.facts.alive == LK_YES ? l->evidence.facts.owner.pid : 0;
	tell_lockfile(j, w, l);
	keep_holders(w, &file->who);
	w->verdict = l->verdict.verdict;
	if (w->watch.fd < 0 && t->file.local == LK_YES) {
		lk_name_watch_done(&w->watch);
		lk_name_watch_open(&w->watch, t->file.path);
	}
}

/* Why a name that no look has found may be a mistake, rather than a file that does not exist yet or any more. Heap, with the exit status
 * in *ret; NULL: it is not suspicious. */
static char *why_suspicious(const struct lk_session *s, const char *path, enum lk_status *ret)
{
	lk_auto_mem char *copy = lk_strdup(path);
	struct lk_fact_file file;
	const char *dir = dirname(copy);

	*ret = LK_STATUS_ERROR;
	if (look_up(s, dir, true, &file) == -ENOENT)
		return lk_printf("there is no directory %s", dir);
	if (look_up(s, path, false, &file) < 0 || !S_ISLNK(file.mode))
		return NULL;
	*ret = LK_STATUS_UNKNOWN;
	return lk_strdup("cannot tell: it is a symbolic link that leads to no file; such a link can itself be a "
			 "program's lock, which is no lock of the kernel");
}

/* A missing FILE is free: many programs delete their lock file when they release it. */
static enum lk_status absent(struct wait_job *j, struct wish *w, struct lk_session *s)
{
	bool free_wanted = j->cli->act.wait_for == LK_WAIT_FREE, again = w->absent, seen = w->seen;
	lk_auto_mem char *why = NULL;
	enum lk_status status;

	if (s->targets[0].code != -ENOENT || !w->path[0]) {
		lk_say("%s", s->targets[0].reason);
		return LK_STATUS_ERROR;
	}
	why = seen ? NULL : why_suspicious(s, w->path, &status);
	if (why) {
		lk_say("%s: %s", w->path, why);
		return status;
	}
	w->fulfilled = free_wanted;
	w->absent = w->seen = true;
	w->told = false;
	w->holders.n = 0;
	w->owner = 0;
	w->doubts = 0;
	if (again || is_quiet(j))
		return 0;
	status = free_wanted ? lk_session_take(s, 0) : 0;
	if (!free_wanted)
		lk_say("waiting until %s is locked; there is no such file now", w->path);
	else
		lk_say(seen ? "%s is gone, so it is free%s" : "%s: there is no such file, so it is free%s", w->path,
		       status ? "" : lk_who_but_deleted(s));
	return 0;
}

/* The timeout of a scan in ms: a file system that does not answer must not delay the end much beyond --timeout. */
static uint32_t scan_limit(const struct wait_job *j)
{
	int64_t left = j->end_ms - lk_io_now_ms();

	if (!j->end_ms || left >= j->cli->timeout_ms)
		return j->cli->timeout_ms;
	if (left < SCAN_LEAST_MS)
		left = SCAN_LEAST_MS;
	return left < j->cli->timeout_ms ? (uint32_t)left : j->cli->timeout_ms;
}

/* For a SQLite database the question is whether it could be written: with a write-ahead log every process that has it open holds locks. */
static void ask_as_writer(const struct wait_job *j, struct wish *w, struct lk_who_file *file)
{
	w->sqlite = j->cli->act.wait_for == LK_WAIT_FREE && file->sqlite.found;
	if (w->sqlite)
		lk_who_sqlite_as_writer(&file->who, &file->sqlite);
}

static enum lk_status judge_one(struct wait_job *j, struct wish *w, struct lk_session *s)
{
	struct lk_who_all all;
	struct lk_who_file *file;
	struct lk_err err = { 0 };
	enum lk_status status = 0;

	lk_who_find_all(s, false, false, &all, &err);
	lk_err_done(&err);
	file = &all.files[0];
	ask_as_writer(j, w, file);
	if (file->lockfile.kind && lk_lockfile_is_lock(file->lockfile.kind))
		judge_lockfile(j, w, s, file);
	else
		status = judge(j, w, s, &file->who);
	lk_who_all_done(&all);
	return status;
}

/* Resolves the name each time anew: by now it may belong to another file. */
static enum lk_status look_at(struct wait_job *j, struct wish *w)
{
	struct lk_session s;
	double begin = lk_io_cpu_ms();
	enum lk_status status;

	status = lk_session_open(&s, j->cli);
	s.names = &w->path;
	s.n_names = 1;
	s.timeout_ms = scan_limit(j);
	s.lock_links = !j->cli->kernel_only;
	if (!status)
		lk_session_resolve(&s);
	if (!status && lk_asked_is_missing(&s.targets[0])) {
		status = absent(j, w, &s);
		lk_session_done(&s);
		return status;
	}
	if (!status)
		status = lk_session_take(&s, 0);
	if (!status)
		status = judge_one(j, w, &s);
	lk_session_done(&s);
	j->cost_ms = lk_io_cpu_ms() - begin;
	return status;
}

static enum lk_status look(struct wait_job *j, bool *ret_all)
{
	enum lk_status status = 0;

	*ret_all = true;
	for (size_t i = 0; i < j->wishes.n && !status; i++) {
		struct wish *w = &j->wishes.v[i];

		if (w->pinned && !w->fulfilled)
			w->fulfilled = lk_sys_real.poll_exit(NULL, w->process.pidfd, 0) > 0;
		else if (w->path && (!w->fulfilled || j->wishes.n > 1))
			status = look_at(j, w);
		*ret_all = *ret_all && w->fulfilled;
	}
	return status;
}

/* ---- between two looks ---- */

typedef LK_VEC(struct pollfd) poll_list;

static void add_fd(poll_list *list, int fd)
{
	if (fd >= 0)
		*lk_vec_push(list) = (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* Adds pidfds, so that the end of a holder is noticed at once. A lock that its holder releases otherwise is noticed only by looking. */
static void collect_fds(const struct wait_job *j, poll_list *list)
{
	for (size_t i = 0; i < j->wishes.n; i++) {
		const struct wish *w = &j->wishes.v[i];

		if (w->pinned && !w->fulfilled)
			add_fd(list, dup(w->process.pidfd));
		for (size_t k = 0; k < w->holders.n && k < NAMED_MAX && j->cli->act.wait_for == LK_WAIT_FREE; k++)
			add_fd(list, lk_sys_real.pidfd_open(NULL, w->holders.v[k], 0));
		if (w->path && w->owner)
			add_fd(list, lk_sys_real.pidfd_open(NULL, w->owner, 0));
	}
}

static bool only_processes(const struct wait_job *j)
{
	for (size_t i = 0; i < j->wishes.n; i++) {
		if (j->wishes.v[i].path)
			return false;
	}
	return true;
}

static bool is_told_of(struct wait_job *j)
{
	bool told = false;

	for (size_t i = 0; i < j->wishes.n; i++)
		told = lk_name_watch_read(&j->wishes.v[i].watch) || told;
	return told;
}

static int poll_until(poll_list *list, size_t n, int64_t end_ms)
{
	int64_t ms = end_ms - lk_io_now_ms();

	return poll(list->v, n, ms > 0 ? (int)ms : 0);
}

static bool has_ended(const poll_list *processes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (processes->v[i].revents)
			return true;
	}
	return false;
}

/* Until a process has ended, or something was done to a name that is watched. Others may do that all the time: so that looking does not
 * take more than its share, names count only some time after the last look. */
static void wait_for_event(struct wait_job *j, poll_list *processes, int64_t ms)
{
	int64_t now = lk_io_now_ms(), quiet = lk_look_interval_ms(j->cost_ms, 0);
	size_t n = processes->n;

	if (poll_until(processes, n, now + (quiet < ms ? quiet : ms)))
		return;
	for (size_t i = 0; i < j->wishes.n; i++)
		add_fd(processes, j->wishes.v[i].watch.fd);
	while (poll_until(processes, processes->n, now + ms) > 0 && !has_ended(processes, n) && !is_told_of(j))
		continue;
	processes->n = n;
}

static void pause_a_while(struct wait_job *j)
{
	int64_t cost = (int64_t)(SCANS_PER_PAUSE * j->cost_ms), ms = j->pause_ms > cost ? j->pause_ms : cost;
	poll_list list = { 0 };

	if (only_processes(j))
		ms = j->end_ms ? j->end_ms - lk_io_now_ms() : 3600000;
	if (j->end_ms && ms > j->end_ms - lk_io_now_ms())
		ms = j->end_ms - lk_io_now_ms();
	collect_fds(j, &list);
	wait_for_event(j, &list, ms < 3600000 ? ms : 3600000);
	for (size_t i = 0; i < list.n; i++)
		close(list.v[i].fd);
	lk_vec_done(&list);
	j->pause_ms = j->pause_ms * 3 / 2 < LAST_PAUSE_MS ? j->pause_ms * 3 / 2 : LAST_PAUSE_MS;
}

static void say_doubts(const struct wait_job *j)
{
	for (size_t i = 0; i < j->wishes.n; i++) {
		if (j->wishes.v[i].doubts)
			lk_say("it could not be told whether %s is locked", j->wishes.v[i].path);
	}
}

static enum lk_status watch(struct wait_job *j)
{
	bool all = false;
	enum lk_status status;
	char buf[32];

	for (;;) {
		status = look(j, &all);
		if (status || all)
			return status;
		if (j->end_ms && lk_io_now_ms() >= j->end_ms)
			break;
		pause_a_while(j);
	}
	if (!is_quiet(j)) {
		say_doubts(j);
		lk_say("timed out after %s", seconds_words(j->cli->until_ms, buf));
	}
	return LK_STATUS_TIMEOUT;
}

static void tell_processes(const struct wait_job *j)
{
	for (size_t i = 0; i < j->wishes.n && !is_quiet(j); i++) {
		const struct lk_target *t = &j->wishes.v[i].process;

		if (j->wishes.v[i].pinned)
			lk_say("waiting until process %d (%s) ends", t->pid, t->comm);
	}
}

static enum lk_status run(const struct lk_cli *cli)
{
	struct wait_job j = { .cli = cli, .pause_ms = FIRST_PAUSE_MS };
	enum lk_status status = 0;

	if (cli->from || cli->proc) {
		lk_say("'wait' is refused: %s does not change", cli->from ? "a capture" : "another /proc tree");
		return LK_STATUS_REFUSED;
	}
	j.end_ms = cli->until_ms ? lk_io_now_ms() + cli->until_ms : 0;
	for (size_t i = 0; i < cli->n_args && !status; i++)
		status = add_wish(&j, cli->args[i]);
	if (!status) {
		tell_processes(&j);
		status = watch(&j);
	}
	for (size_t i = 0; i < j.wishes.n; i++) {
		lk_vec_done(&j.wishes.v[i].holders);
		lk_name_watch_done(&j.wishes.v[i].watch);
		if (j.wishes.v[i].pinned)
			lk_target_done(&j.wishes.v[i].process, &lk_sys_real);
	}
	lk_vec_done(&j.wishes);
	return status;
}

const struct lk_verb lk_verb_wait = {
	.name = "wait",
	.args = "FILE|PID...",
	.brief = "until a file is free, or a process has ended",
	.text = "Waits until every FILE is free of locks, or with --for held until it is locked; and until every PID has ended. What is\n"
		"waited for is said on standard error. No lock is taken, so nobody else is held up; the FILE is looked at again and\n"
		"again, and at once when a process that holds it ends. A lock that comes and goes between two looks is not seen, and\n"
		"a FILE found free may be locked again the next moment: to get the lock, take it, as with 'lockscope test --hold'.\n"
		"\n"
		"A SQLite database, by its locks, is waited for until it could be written: with a write-ahead log (the file FILE-shm is\n"
		"looked at, too) others may have it open and read it; with a rollback journal nobody may, as readers keep a writer\n"
		"from committing.\n"
		"\n"
		"A lock file that is no kernel lock, such as git's index.lock or a pid file, is waited for until it is gone, or proven\n"
		"to be stale, as 'lockscope who' says; with --for held until it is there and not stale. --kernel-only: only kernel locks.\n"
		"\n"
		"A FILE that does not exist is free, for many programs delete their lock file when they release it; --for held waits\n"
		"until it is there and locked. A directory that does not exist is an error.\n"
		"\n"
		"A word that is a number, or PID@STARTTICKS, is a process; write ./123 for a file of that name.\n"
		"\n"
		"The exit status is 0 when it came true, 3 after --timeout, 4 if it cannot be told whether the FILE is locked.",
	.options = LK_OPTIONS_WAIT,
	.min_args = 1,
	.max_args = LK_ANY_ARGS,
	.run = run,
};
