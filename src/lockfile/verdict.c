/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules by which a lock file is judged. */
#include "lockfile/verdict.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "words/words.h"

/* A process's start is known by clock ticks only, and a parent may write the file before its child is there. */
#define SLACK_MS 2000
#define BOOT_SLACK_S 1
#define COMM_MOST 15 /* bytes of a program's name that the kernel keeps */
#define NOBODY 65534 /* whom the kernel shows for users that it cannot name here */

const char *const lk_verdict_names[] = {
	[LK_VERDICT_LIVE] = "live",         [LK_VERDICT_PROBABLY_LIVE] = "probably_live",
	[LK_VERDICT_STALE] = "stale",       [LK_VERDICT_FOREIGN] = "foreign",
	[LK_VERDICT_HARMLESS] = "harmless", [LK_VERDICT_NO_LOCK] = "not_a_lock",
	[LK_VERDICT_UNKNOWN] = "unknown",   [LK_N_VERDICTS] = NULL,
};

const char *lk_verdict_name(enum lk_verdict v)
{
	return lk_verdict_names[v];
}

const char *lk_verdict_words(enum lk_verdict v)
{
	switch (v) {
	case LK_VERDICT_PROBABLY_LIVE:
		return "probably live";
	case LK_VERDICT_NO_LOCK:
		return "not a lock";
	default:
		return lk_verdict_names[v];
	}
}

/* A judgement in the making. */
struct judge {
	const struct lk_lockfile_facts *f;
	struct lk_verdict_answer *ret;
	struct lk_arena arena; /* of parts of sentences */
	bool boot_is_odd; /* it names another boot, but may have been changed in this one */
};

static void say(struct judge *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct judge *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*lk_vec_push(&j->ret->because) = lk_vprintf(fmt, ap);
	va_end(ap);
}

/* Always true: the rule that calls it has decided. */
static bool decide(struct judge *j, enum lk_verdict v, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool decide(struct judge *j, enum lk_verdict v, const char *fmt, ...)
{
	va_list ap;

	j->ret->verdict = v;
	va_start(ap, fmt);
	*lk_vec_push(&j->ret->because) = lk_vprintf(fmt, ap);
	va_end(ap);
	return true;
}

/* Local time. */
static const char *at(struct judge *j, int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm = { 0 };
	char buf[64];

	if (!localtime_r(&t, &tm) || !strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm))
		return lk_arena_printf(&j->arena, "second %" PRId64, seconds);
	return lk_arena_strdup(&j->arena, buf);
}

static const char *process(struct judge *j, int pid, const char *comm)
{
	return pid > 0 ? lk_words_process(&j->arena, pid, comm) : "a process that cannot be seen";
}

static const char *the_owner(struct judge *j)
{
	return process(j, j->f->owner.pid, j->f->comm);
}

static void say_age(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	int64_t changed = f->mtime_ms > f->ctime_ms ? f->mtime_ms : f->ctime_ms;

	if (!changed)
		return;
	if (f->boot_ms && changed < f->boot_ms)
		say(j, "it was last changed at %s, before this machine was started at %s; a time alone proves nothing",
		    at(j, changed / 1000), at(j, f->boot_ms / 1000));
	else
		say(j, "it was last changed at %s; a time alone proves nothing", at(j, changed / 1000));
}

static void say_times(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;

	if (f->started_ms && f->mtime_ms && f->ctime_ms)
		say(j, "the process was started at %s; the file was written at %s (mtime) and changed at %s (ctime)",
		    at(j, f->started_ms / 1000), at(j, f->mtime_ms / 1000), at(j, f->ctime_ms / 1000));
}

/* NULL: it is known that nobody uses it. */
static const char *not_seen(const struct lk_lockfile_facts *f)
{
	if (f->abstract)
		return "somebody listens on the abstract socket of its owner";
	if (f->open != LK_NO)
		return "not all processes could be asked whether they have it open";
	if (f->kernel_lock != LK_NO)
		return "whether somebody holds a kernel lock on it could not be seen";
	return NULL;
}

static void say_not_seen(struct judge *j)
{
	const char *what = not_seen(j->f);

	if (what)
		say(j, "%s", what);
}

/* What speaks for it is not enough while somebody may use it. Takes `because`. */
static bool decide_stale(struct judge *j, char *because)
{
	const char *what = not_seen(j->f);

	if (what)
		decide(j, LK_VERDICT_UNKNOWN, "%s", what);
	j->ret->verdict = what ? LK_VERDICT_UNKNOWN : LK_VERDICT_STALE;
	*lk_vec_push(&j->ret->because) = because;
	if (!what)
		say(j, "nobody has it open or holds a kernel lock on it");
	return true;
}

/* Where it was made. */

/* "web" is "web.example.org", but "web.example.net" is not. */
static bool is_same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "."), m = strcspn(b, ".");

	return n > 0 && n == m && strncasecmp(a, b, n) == 0 && (!a[n] || !b[m]);
}

static bool is_address(const char *host)
{
	struct in_addr v4;

	return inet_pton(AF_INET, host, &v4) == 1 || strchr(host, ':');
}

/* What every machine calls itself. */
static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return strcmp(host, "::1") == 0 || is_same_name(host, "localhost");
}

static enum lk_tri is_this_host(const struct lk_lockfile_facts *f)
{
	const char *host = f->owner.host;

	if (!host || is_loopback(host))
		return f->remote ? LK_UNKNOWN : LK_YES;
	if (f->host && strcasecmp(host, f->host) == 0)
		return LK_YES;
	if (f->own_address && !f->remote)
		return LK_YES;
	if (!f->host || is_address(host))
		return LK_UNKNOWN;
	return is_same_name(host, f->host) ? LK_YES : LK_NO;
}

/* Numbers without a namespace are those of the whole machine, which a container cannot see. */
static enum lk_tri is_this_pid_ns(const struct lk_lockfile_facts *f)
{
	if (!f->owner.pid_ns)
		return f->initial_pidns ? LK_YES : LK_NO;
	if (!f->pid_ns)
		return LK_UNKNOWN;
	return f->owner.pid_ns == f->pid_ns ? LK_YES : LK_NO;
}

/* Could the process be the owner? */

/* Is it what the kernel has kept of a longer name that matches? Then it matches what a pattern begins with. */
static bool is_cut_name(const char *programs, const char *comm)
{
	lk_auto_mem char *p = lk_strdup(programs);
	bool found = false;

	if (strlen(comm) < COMM_MOST)
		return false;
	for (size_t n = strlen(p); n > 0 && !found; n--) {
		p[n] = '\0';
		found = lk_lockfile_matches(p, comm);
	}
	return found;
}

/* UNKNOWN: any program can make such a file, or the name is not known. */
static enum lk_tri is_of_kind(const struct lk_lockfile_kind *kind, const char *comm)
{
	if (!kind->programs || !comm)
		return LK_UNKNOWN;
	return lk_lockfile_matches(kind->programs, comm) || is_cut_name(kind->programs, comm) ? LK_YES : LK_NO;
}

/* Root writes files for others and gives its rights up later, so that it is never another user. */
static bool is_other_user(const struct lk_lockfile_facts *f)
{
	if (f->uid <= 0 || f->process_uid <= 0 || f->uid == NOBODY || f->process_uid == NOBODY)
		return false;
	return f->uid != f->process_uid;
}

/* By program and user. UNKNOWN: it may be as well as any other. */
static enum lk_tri is_fit(const struct lk_lockfile_facts *f)
{
	return is_other_user(f) ? LK_NO : is_of_kind(f->kind, f->comm);
}

enum age { AGE_UNKNOWN, AGE_OLDER, AGE_BETWEEN, AGE_YOUNGER };

/* Of the process, by both times of the file: one can be set by anybody. */
static enum age age_of(const struct lk_lockfile_facts *f)
{
	bool after_mtime = f->started_ms - SLACK_MS > f->mtime_ms;
	bool after_ctime = f->started_ms - SLACK_MS > f->ctime_ms;

	if (!f->started_ms || !f->mtime_ms || !f->ctime_ms)
		return AGE_UNKNOWN;
	if (after_mtime && after_ctime)
		return AGE_YOUNGER;
	return after_mtime || after_ctime ? AGE_BETWEEN : AGE_OLDER;
}

bool lk_verdict_is_mistaken(const struct lk_lockfile_facts *f)
{
	if (!f->kind->vague)
		return false;
	if (f->kind->companions)
		return !f->n_companions;
	return !(f->read && f->owner_rc == 0) && (f->open != LK_YES || f->open_beside || f->kernel_lock == LK_YES);
}

/* The rules. Each returns whether it has decided. */

static bool if_mistaken(struct judge *j)
{
	if (!lk_verdict_is_mistaken(j->f))
		return false;
	return decide(j, LK_VERDICT_NO_LOCK, "nothing shows that it is a %s of %s", lk_lockfile_noun(j->f->kind),
		      j->f->kind->maker);
}

static bool if_no_lock(struct judge *j)
{
	if (j->f->kind->means != LK_LOCKFILE_LIST && j->f->kind->means != LK_LOCKFILE_DATA)
		return false;
	return decide(j, LK_VERDICT_NO_LOCK, "%s is a %s of %s, and no lock", j->f->name ? j->f->name : "it",
		      lk_lockfile_noun(j->f->kind), j->f->kind->maker);
}

static bool is_owner(const struct lk_lockfile_facts *f, int pid)
{
	return pid > 0 && pid == f->owner.pid && is_this_host(f) == LK_YES && is_this_pid_ns(f) == LK_YES;
}

static bool if_kernel_lock(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;

	if (f->kernel_lock != LK_YES)
		return false;
	if (f->lock_beside && !is_owner(f, f->lock_pid) && is_of_kind(f->kind, f->lock_comm) != LK_YES)
		return decide(j, LK_VERDICT_PROBABLY_LIVE, "%s holds a kernel lock on %s, which others may use too",
			      process(j, f->lock_pid, f->lock_comm), f->lock_what ? f->lock_what : "a file beside it");
	return decide(j, LK_VERDICT_LIVE, "%s holds a kernel lock on %s", process(j, f->lock_pid, f->lock_comm),
		      f->lock_what ? f->lock_what : "it");
}

static bool if_open(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	bool owner = is_owner(f, f->open_pid);
	bool fit = is_of_kind(f->kind, f->open_comm) == LK_YES;
	bool works_in = f->open_how == LK_USE_CWD || f->open_how == LK_USE_ROOT;
	bool listens = f->open_how == LK_USE_LISTENING || f->open_how == LK_USE_BOUND;
	bool is_socket = f->kind->object == LK_LOCKFILE_SOCKET;
	/* Others may have a companion open, but only one can listen on it. */
	bool proven = owner || (fit && !works_in && (!f->open_beside || listens)) || (is_socket && listens);
	const struct lk_use_words *how = lk_use_words(f->open_how);

	if (f->open != LK_YES || f->kind->means == LK_LOCKFILE_KERNEL)
		return false;
	decide(j, proven ? LK_VERDICT_LIVE : LK_VERDICT_PROBABLY_LIVE, "%s%s %s%s%s",
	       process(j, f->open_pid, f->open_comm), owner ? ", which is written in it," : "", how->before,
	       f->open_what ? f->open_what : "it", how->after);
	if (fit && !owner)
		say(j, "that is a program of %s", f->kind->maker);
	if (!proven)
		say(j, "whether that process made it is not proven");
	return true;
}

static bool if_kernel_kind(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	const char *what = f->kind->lock_beside ? "the file that it is for" : "it";

	if (f->kind->means != LK_LOCKFILE_KERNEL)
		return false;
	if (f->remote)
		return decide(j, LK_VERDICT_UNKNOWN,
			      "the lock is a kernel lock on %s, and other machines may hold one that is not seen here",
			      what);
	if (f->kind->lock_beside && !f->n_companions)
		return decide(j, LK_VERDICT_UNKNOWN, "the lock is a kernel lock on %s, which was not found", what);
	if (f->kernel_lock != LK_NO)
		return decide(j, LK_VERDICT_UNKNOWN,
			      "the lock is a kernel lock on %s, and whether that is held could not be seen", what);
	return decide(j, LK_VERDICT_HARMLESS,
		      "the lock is a kernel lock on %s, which is free; the file itself means nothing", what);
}

static bool if_left_open(struct judge *j)
{
	const struct lk_lockfile_kind *kind = j->f->kind;

	if (!kind->kept_open)
		return false;
	if (j->f->remote)
		return decide(j, LK_VERDICT_UNKNOWN,
			      "other machines may use it, and whether somebody there does is not seen here");
	if (kind->object == LK_LOCKFILE_SOCKET)
		return decide(j, LK_VERDICT_UNKNOWN, "%s",
			      not_seen(j->f) ? not_seen(j->f)
					     : "no process was seen to listen on it; one could in a network namespace "
					       "that no process is in");
	return decide_stale(j, lk_printf("%s has it open from its making until it is deleted", kind->maker));
}

/* What renews it may be anybody, and the mtime of a file can be set. */
static bool if_heartbeat(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	int64_t age = f->now_ms - f->mtime_ms;

	if (!f->kind->heartbeat_s || !f->mtime_ms || (f->owner.pid && f->alive == LK_NO) || age < -SLACK_MS ||
	    age > (int64_t)f->kind->heartbeat_s * 1000)
		return false;
	return decide(j, LK_VERDICT_PROBABLY_LIVE,
		      "it was last changed %" PRId64 " s ago, and %s changes it at least every %d s while it holds it",
		      age > 0 ? age / 1000 : 0, f->kind->maker, f->kind->heartbeat_s);
}

static void say_no_heartbeat(struct judge *j)
{
	if (j->f->kind->heartbeat_s && j->f->mtime_ms)
		say(j, "%s changes it at least every %d s while it holds it, if it is not told otherwise",
		    j->f->kind->maker, j->f->kind->heartbeat_s);
}

static bool if_nothing_written(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;

	if (f->read && f->owner_rc == 0)
		return false;
	if (!f->read && f->why_not_read)
		decide(j, LK_VERDICT_UNKNOWN, "who made it is not known: %s", f->why_not_read);
	else if (!f->read || f->kind->owner == LK_OWNER_NOT_WRITTEN)
		decide(j, LK_VERDICT_UNKNOWN, "a lock file of %s does not say who made it", f->kind->maker);
	else if (f->owner_rc == -ENODATA)
		decide(j, LK_VERDICT_UNKNOWN, "no owner is written in it");
	else
		decide(j, LK_VERDICT_UNKNOWN, "what is written in it is not what a lock file of %s says",
		       f->kind->maker);
	say_not_seen(j);
	say_no_heartbeat(j);
	say_age(j);
	return true;
}

/* A process that had both lets go of the lock last when it dies. One that fits and is alive may have lost it: the locked file was replaced. */
static bool if_lock_let_go(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;

	if (!f->owner.has_kernel_lock || !f->n_companions || f->kernel_lock != LK_NO || f->remote ||
	    (f->alive != LK_NO && is_fit(f) != LK_NO))
		return false;
	return decide_stale(j, lk_strdup("its owner had a kernel lock on the file beside it as well, which is free"));
}

static bool if_other_host(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	const char *host = f->owner.host;
	enum lk_tri here = is_this_host(f);

	if (here == LK_YES || (!host && !f->owner.pid))
		return false;
	if (here == LK_NO) {
		decide(j, LK_VERDICT_FOREIGN, "it was made on host %s, and this one is %s", host, f->host);
		say(j, "whether its owner is alive there cannot be seen from here");
	} else if (!host) {
		decide(j, LK_VERDICT_UNKNOWN,
		       "process %d is written in it without a host, on a file system that other machines use",
		       f->owner.pid);
	} else if (is_loopback(host)) {
		decide(j, LK_VERDICT_UNKNOWN,
		       "it was made on host %s, as every machine calls itself, on a file system that others use", host);
	} else if (is_address(host)) {
		decide(j, LK_VERDICT_UNKNOWN, "it was made at address %s, which may be of this machine or another",
		       host);
	} else {
		decide(j, LK_VERDICT_UNKNOWN, "it was made on host %s, and the name of this machine is not known",
		       host);
	}
	say_age(j);
	return true;
}

static bool if_no_number(struct judge *j)
{
	const struct lk_owner *o = &j->f->owner;

	if (o->pid > 0)
		return false;
	decide(j, LK_VERDICT_UNKNOWN, "no process is written in it%s%s%s%s", o->user ? ", only user " : "",
	       o->user ? o->user : "", o->host ? (o->user ? " on host " : ", only host ") : "", o->host ? o->host : "");
	say_not_seen(j);
	say_age(j);
	return true;
}

static bool if_other_pid_ns(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	enum lk_tri here = is_this_pid_ns(f);

	if (here == LK_YES)
		return false;
	if (here == LK_UNKNOWN)
		decide(j, LK_VERDICT_UNKNOWN,
		       "it was made in pid namespace %" PRIu64 ", and that of this program is not known",
		       f->owner.pid_ns);
	else if (f->owner.pid_ns)
		decide(j, LK_VERDICT_FOREIGN, "it was made in pid namespace %" PRIu64 ", and this one is %" PRIu64,
		       f->owner.pid_ns, f->pid_ns);
	else
		decide(j, LK_VERDICT_FOREIGN,
		       "process %d is written in it without a pid namespace, and this is not the first of the machine",
		       f->owner.pid);
	say_age(j);
	return true;
}

static bool decide_not_seen_alive(struct judge *j)
{
	return decide(j, LK_VERDICT_UNKNOWN, "whether process %d, which is written in it, is alive could not be seen",
		      j->f->owner.pid);
}

/* The clock may have been set since the start, and then times of this boot look as if they were of another: a process that may be the
 * owner counts for more. */
static bool if_other_boot(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	const struct lk_owner *o = &f->owner;
	int64_t boot = f->boot_ms / 1000;
	bool other = o->boot_s && (o->boot_s < boot - BOOT_SLACK_S || o->boot_s > boot + BOOT_SLACK_S);
	bool earlier = o->start_s && o->start_s < boot - BOOT_SLACK_S;
	char *because;

	if (!f->boot_ms || (!other && !earlier))
		return false;
	if (!f->mtime_ms || !f->ctime_ms || f->mtime_ms >= f->boot_ms || f->ctime_ms >= f->boot_ms) {
		j->boot_is_odd = true;
		return false;
	}
	because = lk_printf("its owner%s was started at %s, %s this machine was at %s", other ? "'s machine" : "",
			    at(j, other ? o->boot_s : o->start_s), other ? "but" : "before", at(j, boot));
	if (f->alive == LK_NO || (f->alive == LK_YES && is_fit(f) == LK_NO && age_of(f) == AGE_YOUNGER)) {
		decide_stale(j, because);
		say(j, "the file was not changed since");
		return true;
	}
	if (f->alive == LK_YES)
		decide(j, LK_VERDICT_UNKNOWN, "%s may be the owner, if the clock was set since it was started",
		       the_owner(j));
	else
		decide_not_seen_alive(j);
	*lk_vec_push(&j->ret->because) = because;
	say_times(j);
	return true;
}

static bool if_gone(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;

	if (f->alive == LK_YES)
		return false;
	if (f->alive == LK_NO)
		return decide_stale(j, lk_printf("process %d, which is written in it, is gone", f->owner.pid));
	decide_not_seen_alive(j);
	say_age(j);
	return true;
}

static bool if_not_linked(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;

	if (!f->kind->linked || f->nlink != 1)
		return false;
	decide(j, LK_VERDICT_HARMLESS,
	       "it is the lock while it has a second name, that of the lock file, and it has none");
	say(j, "%s, which is written in it, is alive", the_owner(j));
	return true;
}

static bool if_thread(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	enum age age = age_of(f);
	enum lk_tri fit = is_fit(f);
	bool likely = fit != LK_NO && (age == AGE_OLDER || (age == AGE_UNKNOWN && fit == LK_YES));

	if (!f->thread_of)
		return false;
	decide(j, likely ? LK_VERDICT_PROBABLY_LIVE : LK_VERDICT_UNKNOWN, "the number %d is that of a thread of %s",
	       f->owner.pid, process(j, f->thread_of, f->comm));
	say_times(j);
	return true;
}

static bool if_not_fit(struct judge *j)
{
	static const char *const but[] = {
		[AGE_UNKNOWN] = "but whether it is younger than the file is not known",
		[AGE_OLDER] = "but it is no younger than the file",
		[AGE_BETWEEN] = "but it is not younger than both mtime and ctime of the file",
		[AGE_YOUNGER] = "and it is younger than the file: the number was reused",
	};
	const struct lk_lockfile_facts *f = j->f;
	enum age age = age_of(f);
	char *because;

	if (is_fit(f) != LK_NO)
		return false;
	if (is_of_kind(f->kind, f->comm) == LK_NO)
		because = lk_printf("%s is no program of %s, %s", the_owner(j), f->kind->maker, but[age]);
	else
		because = lk_printf("%s is of user %" PRId64 ", the file of user %" PRId64 ", %s", the_owner(j),
				    f->process_uid, f->uid, but[age]);
	if (age == AGE_YOUNGER) {
		decide_stale(j, because);
	} else {
		j->ret->verdict = LK_VERDICT_UNKNOWN;
		*lk_vec_push(&j->ret->because) = because;
	}
	say_times(j);
	return true;
}

static bool if_young(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	enum age age = age_of(f);

	if (age != AGE_YOUNGER && age != AGE_BETWEEN)
		return false;
	if (age == AGE_YOUNGER)
		decide(j, LK_VERDICT_UNKNOWN,
		       "%s was started after the file was last changed: the number may have been reused", the_owner(j));
	else
		decide(j, LK_VERDICT_UNKNOWN,
		       "%s was started after the file's %s, but before its %s: the number may have been reused",
		       the_owner(j), f->mtime_ms < f->ctime_ms ? "mtime" : "ctime",
		       f->mtime_ms < f->ctime_ms ? "ctime" : "mtime");
	say_times(j);
	say(j, "a changed time alone proves nothing");
	return true;
}

/* What is left: a process that fits, and nothing against it. */
static bool if_alive(struct judge *j)
{
	const struct lk_lockfile_facts *f = j->f;
	bool fit = is_fit(f) == LK_YES;

	if (age_of(f) == AGE_UNKNOWN) {
		decide(j, fit ? LK_VERDICT_PROBABLY_LIVE : LK_VERDICT_UNKNOWN,
		       "%s is alive, but whether it is older than the file is not known", the_owner(j));
	} else {
		decide(j, fit ? LK_VERDICT_LIVE : LK_VERDICT_PROBABLY_LIVE,
		       "%s, which is written in it, is alive and no younger than the file", the_owner(j));
		say_times(j);
	}
	if (!fit)
		say(j,
		    f->kind->programs ? "what program that is could not be seen" : "any program may write such a file");
	return true;
}

void lk_verdict_find(const struct lk_lockfile_facts *f, struct lk_verdict_answer *ret)
{
	static bool (*const rules[])(struct judge *) = {
		if_mistaken,  if_no_lock,      if_kernel_lock,     if_open,        if_kernel_kind,
		if_left_open, if_heartbeat,    if_nothing_written, if_lock_let_go, if_other_host,
		if_no_number, if_other_pid_ns, if_other_boot,      if_gone,        if_not_linked,
		if_thread,    if_not_fit,      if_young,           if_alive,
	};
	struct judge j = { .f = f, .ret = ret };

	*ret = (struct lk_verdict_answer){ .verdict = LK_VERDICT_UNKNOWN };
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules) && !rules[i](&j); i++)
		;
	if (j.boot_is_odd) {
		if (ret->verdict == LK_VERDICT_LIVE)
			ret->verdict = LK_VERDICT_PROBABLY_LIVE;
		say(&j,
		    "it tells of another start of this machine, but may have been changed since this one: clocks can be set");
	}
	if (ret->verdict == LK_VERDICT_STALE && f->may_be_inner && !f->owner.pid_ns) {
		ret->verdict = LK_VERDICT_UNKNOWN;
		say(&j, "the number may be that of a process inside a container, as it sees itself");
	}
	lk_arena_done(&j.arena);
}

void lk_verdict_done(struct lk_verdict_answer *a)
{
	for (size_t i = 0; i < a->because.n; i++)
		free(a->because.v[i]);
	lk_vec_done(&a->because);
}
