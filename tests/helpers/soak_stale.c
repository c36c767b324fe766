/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deletes stale lock files, over and over, while a neighbour does something to the file at one moment or another: opens it, writes to it,
 * puts another in its place, takes the lock, makes a link of the directory. No lock that somebody has taken may be lost, and no file
 * outside of the directory be touched.
 *
 * usage: soak_stale DIRECTORY SCANNER ROUNDS SECONDS      ends after so many rounds or seconds (0: no limit); DIRECTORY must be empty
 * 0: as it should be; 1: not so; 77: nothing can be proven to be stale on this machine. The last line says how often what happened. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "action/file.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/io.h"
#include "model/build.h"
#include "source/bpf/bpf.h"
#include "source/procfs/procfs.h"
#include "source/uses.h"

#define SKIPPED 77
#define TRIES 5 /* rounds without a neighbour, until one deletes the file */
#define CALLS 60 /* more than one run makes */
#define LATE_US 60000 /* the neighbour acts within so long after the run has begun, or it acts before a certain call */

/* What the neighbour does. It takes the lock by REWRITE, REPLACE, TAKE_OVER and CONTEND. */
enum deed { NOTHING, OPEN, REWRITE, REPLACE, TAKE_OVER, DELETE, SWAP_DIR, OWNER_ENDS, CONTEND, N_DEEDS };
static const char *const deeds[] = {
	"nothing", "open", "rewrite", "replace", "take over", "delete", "swap the directory", "owner ends", "contend"
};

static const struct kind {
	const char *name, *text; /* text: with the pid */
	bool is_link, is_note;
} kinds[] = {
	{ .name = "passwd.lock", .text = "%d\n" },
	{ .name = "LCK..tty", .text = "%10d\n" },
	{ .name = "daemon.pid", .text = "%d\n", .is_note = true },
	{ .name = "SingletonLock", .text = "%2$s-%1$d", .is_link = true },
	{ .name = ".#notes", .text = "me@%2$s.%1$d", .is_link = true },
};
#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

enum end { DELETED, REFUSED, CHANGED, UNKNOWN, PARTLY, GONE, N_ENDS };
static const char *const ends[] = { "deleted", "refused", "changed meanwhile", "not known", "partly", "gone before" };

struct order {
	enum deed deed;
	size_t kind;
	unsigned late_us;
	bool stop; /* undo it, and say what came of it */
};

struct report {
	bool claimed; /* the lock was taken, and is the file with these numbers */
	uint64_t ino;
};

static struct {
	const char *dir; /* of DIRECTORY: "here", which may be exchanged with a link to "outside" */
	char here[256], outside[256], away[256], host[256];
	struct order order;
	int at_call; /* the neighbour acts before this call; 0: by itself */
	int n_calls;
	pid_t owner; /* OWNER_ENDS: alive; 0: not */
	bool owner_ended;
	int to, from; /* the neighbour */
	size_t counts[N_DEEDS][N_ENDS], n_rounds;
} w;

static void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
static void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("soak_stale: ", stdout);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" (round %zu, %s, %s before call %d, late %u us)\n", w.n_rounds, kinds[w.order.kind].name,
	       deeds[w.order.deed], w.at_call, w.order.late_us);
	exit(1);
}

static char *in(const char *dir, const char *name)
{
	return lk_printf("%s/%s", dir, name);
}

static char *path_here(void)
{
	return in(w.here, kinds[w.order.kind].name);
}

static uint64_t inode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_ino;
}

static char *text_of(int pid)
{
	char *text;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (asprintf(&text, kinds[w.order.kind].text, pid, w.host) < 0)
		abort();
#pragma GCC diagnostic pop
	return text;
}

/* 0 with the inode number, or -errno. flags: O_EXCL ... */
static int make(const char *path, int pid, int flags, uint64_t *ret)
{
	lk_auto_mem char *text = text_of(pid);
	struct stat st;
	int fd, rc = 0;

	if (kinds[w.order.kind].is_link) {
		*ret = 0;
		rc = symlink(text, path) < 0 ? -errno : 0;
		*ret = rc ? 0 : inode_of(path);
		return rc;
	}
	fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0 || fstat(fd, &st) < 0)
		rc = -errno;
	*ret = st.st_ino;
	close(fd);
	return rc;
}

/* ---- the neighbour ---- */

static struct report report;
static int kept_fd = -1;

static void claim(int rc, uint64_t ino)
{
	report = (struct report){ .claimed = rc == 0, .ino = ino };
}

/* A daemon that takes over a file that is there: it writes its number into it and keeps it open. */
static void rewrite(const char *path)
{
	lk_auto_mem char *text = text_of(getpid());
	struct stat st;

	kept_fd = open(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	if (kept_fd < 0)
		return;
	if (write(kept_fd, text, strlen(text)) == (ssize_t)strlen(text) && fstat(kept_fd, &st) == 0)
		claim(0, st.st_ino);
}

static void replace(const char *path)
{
	lk_auto_mem char *other = in(w.here, "other");
	uint64_t ino;

	if (make(other, getpid(), O_CREAT | O_EXCL, &ino) == 0)
		claim(rename(other, path) < 0 ? -errno : 0, ino);
}

static void take_over(const char *path)
{
	uint64_t ino = 0;
	int rc;

	unlink(path);
	rc = make(path, getpid(), O_CREAT | O_EXCL, &ino);
	claim(rc, ino);
}

/* The link is another user's, as far as that can be: one that the caller has made would be followed. */
static void swap_dir(void)
{
	lk_auto_mem char *link = lk_printf("%s.link", w.here);

	if (symlink(w.outside, link) < 0 || (geteuid() == 0 && lchown(link, 65534, 65534) < 0) ||
	    rename(w.here, w.away) < 0 || rename(link, w.here) < 0)
		fail("cannot exchange the directory: %s", strerror(errno));
}

static bool is_stop_waiting(void)
{
	struct timespec none = { 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(w.from, &set);
	return pselect(w.from + 1, &set, NULL, NULL, &none, NULL) > 0;
}

/* Wants the lock all the time, as its program would: whoever makes it has it. */
static void contend(const char *path)
{
	uint64_t ino = 0;
	int rc = -EEXIST;

	while (rc && !is_stop_waiting())
		rc = make(path, getpid(), O_CREAT | O_EXCL, &ino);
	claim(rc, ino);
}

static void act(void)
{
	lk_auto_mem char *path = path_here();

	switch (w.order.deed) {
	case OPEN:
		kept_fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		break;
	case REWRITE:
		rewrite(path);
		break;
	case REPLACE:
		replace(path);
		break;
	case TAKE_OVER:
		take_over(path);
		break;
	case DELETE:
		unlink(path);
		break;
	case SWAP_DIR:
		swap_dir();
		break;
	case CONTEND:
		contend(path);
		break;
	default:
		break;
	}
}

static void send_all(int fd, const void *p, size_t n)
{
	if (lk_io_write_all(fd, p, n) < 0)
		_exit(1);
}

/* false: the other end is closed. */
static bool receive(int fd, void *p, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t more = read(fd, (char *)p + got, n - got);

		if (more < 0 && errno == EINTR)
			continue;
		if (more <= 0)
			return false;
		got += (size_t)more;
	}
	return true;
}

/* An order is answered at once if it is to be carried out later, or takes as long as the round; else when it is done. */
static void neighbour(void)
{
	char done = 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (receive(w.from, &w.order, sizeof(w.order))) {
		if (w.order.stop) {
			if (kept_fd >= 0)
				close(kept_fd);
			kept_fd = -1;
			send_all(w.to, &report, sizeof(report));
			report = (struct report){ 0 };
			continue;
		}
		if (w.order.late_us || w.order.deed == CONTEND)
			send_all(w.to, &done, 1);
		if (w.order.late_us)
			usleep(w.order.late_us);
		act();
		if (!w.order.late_us && w.order.deed != CONTEND)
			send_all(w.to, &done, 1);
	}
	_exit(0);
}

static void start_neighbour(void)
{
	int down[2], up[2];
	pid_t pid;

	if (pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		fail("fork: %s", strerror(errno));
	w.from = pid ? up[0] : down[0];
	w.to = pid ? down[1] : up[1];
	close(pid ? down[0] : down[1]);
	close(pid ? up[1] : up[0]);
	if (!pid)
		neighbour();
}

static void order(void)
{
	char done;

	send_all(w.to, &w.order, sizeof(w.order));
	if (!receive(w.from, &done, 1))
		fail("the neighbour has ended");
}

static struct report ask_for_report(void)
{
	struct order stop = w.order;
	struct report r;

	stop.stop = true;
	send_all(w.to, &stop, sizeof(stop));
	if (!receive(w.from, &r, sizeof(r)))
		fail("the neighbour has ended");
	return r;
}

/* ---- the calls of the action ---- */

static void end_owner(void)
{
	if (!w.owner)
		return;
	kill(w.owner, SIGKILL);
	waitpid(w.owner, NULL, 0);
	w.owner = 0;
	w.owner_ended = true;
}

/* The neighbour's hold on an open file ends with the round; an open of his that a lease holds up must not hold up the call. */
static void before(void)
{
	if (++w.n_calls != w.at_call)
		return;
	if (w.order.deed == OWNER_ENDS)
		end_owner();
	else
		order();
}

static int s_open(void *arg, int dirfd, const char *path, int flags, mode_t mode)
{
	before();
	return lk_sys_real.open_at(arg, dirfd, path, flags, mode);
}

static int s_set_lease(void *arg, int fd, int type)
{
	before();
	return lk_sys_real.set_lease(arg, fd, type);
}

static int s_get_lease(void *arg, int fd)
{
	before();
	return lk_sys_real.get_lease(arg, fd);
}

static int s_stat(void *arg, int dirfd, const char *name, int flags, struct statx *ret)
{
	before();
	return lk_sys_real.stat_at(arg, dirfd, name, flags, ret);
}

static int s_rename(void *arg, int olddir, const char *old, int newdir, const char *new_name, unsigned flags)
{
	before();
	return lk_sys_real.rename_at2(arg, olddir, old, newdir, new_name, flags);
}

static int s_unlink(void *arg, int dirfd, const char *name, int flags)
{
	before();
	return lk_sys_real.unlink_at(arg, dirfd, name, flags);
}

static int s_pidfd_open(void *arg, int pid, unsigned flags)
{
	before();
	return lk_sys_real.pidfd_open(arg, pid, flags);
}

static struct lk_sys make_sys(void)
{
	struct lk_sys sys = lk_sys_real;

	sys.open_at = s_open;
	sys.set_lease = s_set_lease;
	sys.get_lease = s_get_lease;
	sys.stat_at = s_stat;
	sys.rename_at2 = s_rename;
	sys.unlink_at = s_unlink;
	sys.pidfd_open = s_pidfd_open;
	sys.log = NULL;
	return sys;
}

/* ---- the machine ---- */

static struct lk_source *source;
static const struct lk_source_ops *real_ops;

/* Others on this machine may refuse to be asked or not answer, and then nothing would be proven. They are no party here: the neighbour
 * can be asked. */
static int uses_but_of_others(struct lk_source *s, const struct lk_uses_request *req, struct lk_uses *ret,
			      struct lk_err *err)
{
	int rc = real_ops->uses(s, req, ret, err);

	ret->n_unreadable = ret->n_unanswered = ret->unread.n = 0;
	ret->n_kernel_unknown = ret->n_kernel_unanswered = 0;
	return rc;
}

static void open_source(const char *scanner)
{
	static struct lk_source_ops ops;
	struct lk_err err = { 0 };
	bool bpf = strcmp(scanner, "bpf") == 0;
	int rc = bpf ? lk_bpf_source_new(LK_SCANNER_BPF, &source, &err) : lk_procfs_new(NULL, &source, &err);

	if (rc < 0)
		fail("%s: %s", scanner, lk_err_text(&err));
	real_ops = source->ops;
	ops = *real_ops;
	ops.uses = uses_but_of_others;
	source->ops = &ops;
}

/* ---- a round ---- */

static pid_t child(bool lives)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork: %s", strerror(errno));
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (lives)
			pause();
		_exit(0);
	}
	if (!lives)
		waitpid(pid, NULL, 0);
	return pid;
}

static uint64_t prepare(void)
{
	lk_auto_mem char *path = path_here(), *same = in(w.outside, kinds[w.order.kind].name);
	bool lives = w.order.deed == OWNER_ENDS;
	int pid = child(lives), rc;
	uint64_t here, there;

	w.owner = lives ? pid : 0;
	w.owner_ended = false;
	w.n_calls = 0;
	unlink(path);
	unlink(same);
	rc = make(path, pid, O_CREAT | O_EXCL, &here);
	rc = rc ? rc : make(same, pid, O_CREAT | O_EXCL, &there);
	if (rc)
		fail("cannot make %s: %s", path, strerror(-rc));
	return there;
}

/* words: the last sentence; to be freed. */
static enum end delete_it(char **ret_words)
{
	static const struct lk_file_ways ways = { "-", "-", "-" };
	lk_auto_mem char *path = path_here();
	struct lk_file_request req = { .ways = &ways, .path = path, .only_stale = true, .timeout_ms = 30000 };
	struct lk_sys sys = make_sys();
	struct lk_snapshot *snap = NULL;
	struct lk_action *a = NULL;
	struct lk_err err = { 0 };
	enum end end = GONE;

	if (lk_snapshot_take(source, &(struct lk_request){ .timeout_ms = 30000 }, &snap, &err) < 0)
		fail("%s", lk_err_text(&err));
	if (lk_file_plan(&sys, source, snap, &req, &a, &err) == 0) {
		int rc = lk_action_execute(a, &err);

		end = a->outcome == LK_OUTCOME_DONE     ? DELETED
		      : a->outcome == LK_OUTCOME_PARTLY ? PARTLY
		      : a->unknown                      ? UNKNOWN
		      : rc == -EPERM && a->refused      ? REFUSED
							: CHANGED;
	}
	lk_snapshot_free(snap);
	*ret_words = lk_strdup(err.text ? err.text : "");
	lk_err_done(&err);
	lk_file_free(a);
	return end;
}

static int count_entry(void *arg, int dirfd __attribute__((unused)), const char *name)
{
	size_t *n = arg;

	n[0]++;
	n[1] += strncmp(name, ".lockscope-", 11) == 0;
	return 0;
}

static void check(enum end end, const struct report *r, uint64_t there)
{
	lk_auto_mem char *path = path_here(), *same = in(w.outside, kinds[w.order.kind].name);
	size_t outside[2] = { 0 }, here[2] = { 0 };

	lk_io_each_entry(AT_FDCWD, w.outside, count_entry, outside);
	lk_io_each_entry(AT_FDCWD, w.here, count_entry, here);
	if (inode_of(same) != there || outside[0] != N_KINDS)
		fail("a file outside was touched: %s", ends[end]);
	if (r->claimed && inode_of(path) != r->ino)
		fail("a live lock is lost: %s", ends[end]);
	if (here[1])
		fail("a directory is left: %s", ends[end]);
	if (w.order.deed == OWNER_ENDS && end == DELETED && !w.owner_ended)
		fail("the lock of a living owner is deleted");
	if ((w.order.deed == NOTHING || w.order.deed == OWNER_ENDS) && end != DELETED && end != UNKNOWN &&
	    !inode_of(path))
		fail("%s, and the file is gone", ends[end]);
}

/* The same for each run with the same number. */
static unsigned number(unsigned below)
{
	return (unsigned)((unsigned long)random() % below);
}

static enum end one_round(enum deed deed, char **ret_words)
{
	uint64_t there;
	struct report r;
	enum end end;

	w.order = (struct order){ .deed = deed, .kind = number(N_KINDS) };
	/* Nobody can open a link; and whoever may not make the file does not have the lock, but for a daemon. */
	while (kinds[w.order.kind].is_link && deed == OPEN)
		w.order.kind = number(N_KINDS);
	while (!kinds[w.order.kind].is_note && deed == REWRITE)
		w.order.kind = number(N_KINDS);
	w.at_call = deed == OWNER_ENDS || (deed == SWAP_DIR && geteuid()) || number(2) ? 1 + (int)number(CALLS) : 0;
	/* What a lease holds up would hold up us, too, if we waited for it. */
	if (!w.at_call || deed == OPEN || deed == REWRITE)
		w.order.late_us = 1 + number(w.at_call ? 100 : LATE_US);
	there = prepare();
	if (!w.at_call || deed == CONTEND) {
		w.at_call = 0;
		order();
	}
	end = delete_it(ret_words);
	if (w.n_calls < w.at_call && deed != OWNER_ENDS)
		order();
	r = ask_for_report();
	end_owner();
	if (access(w.away, F_OK) == 0 && (unlink(w.here) < 0 || rename(w.away, w.here) < 0))
		fail("the directory cannot be put back: %s", strerror(errno));
	check(end, &r, there);
	w.counts[deed][end]++;
	w.n_rounds++;
	return end;
}

static void begin(const char *dir)
{
	lk_auto_mem char *real = realpath(dir, NULL);
	uint64_t ino;

	snprintf(w.here, sizeof(w.here), "%s/here", real ? real : dir);
	snprintf(w.outside, sizeof(w.outside), "%s/outside", real ? real : dir);
	snprintf(w.away, sizeof(w.away), "%s/away", real ? real : dir);
	gethostname(w.host, sizeof(w.host) - 1);
	if (mkdir(w.here, 0755) < 0 || mkdir(w.outside, 0755) < 0)
		fail("%s: %s", dir, strerror(errno));
	for (w.order.kind = 0; w.order.kind < N_KINDS; w.order.kind++) {
		lk_auto_mem char *same = in(w.outside, kinds[w.order.kind].name);

		make(same, 1, O_CREAT | O_EXCL, &ino);
	}
	w.order.kind = 0;
}

static void put_counts(void)
{
	for (int d = 0; d < N_DEEDS; d++) {
		printf("%s:", deeds[d]);
		for (int e = 0; e < N_ENDS; e++) {
			if (w.counts[d][e])
				printf(" %zu %s", w.counts[d][e], ends[e]);
		}
		printf("; ");
	}
	printf("%zu rounds, no live lock lost, no file outside touched\n", w.n_rounds);
}

int main(int argc, char **argv)
{
	size_t rounds = argc == 5 ? strtoul(argv[3], NULL, 10) : 0;
	int64_t seconds = argc == 5 ? strtol(argv[4], NULL, 10) : 0, end_ms = lk_io_now_ms() + seconds * 1000;
	size_t n_deleted = 0;
	char *words = NULL;

	if (argc != 5)
		return 2;
	begin(argv[1]);
	start_neighbour();
	open_source(argv[2]);
	srandom((unsigned)time(NULL));
	for (int i = 0; i < TRIES && !n_deleted; i++) {
		free(words);
		n_deleted += one_round(NOTHING, &words) == DELETED;
	}
	if (!n_deleted) {
		printf("nothing can be proven to be stale here: %s\n", words);
		return w.counts[NOTHING][UNKNOWN] ? SKIPPED : 1;
	}
	while ((!rounds || w.n_rounds < rounds) && (!seconds || lk_io_now_ms() < end_ms)) {
		free(words);
		one_round((enum deed)number(N_DEEDS), &words);
	}
	free(words);
	lk_source_free(source);
	put_counts();
	return 0;
}
