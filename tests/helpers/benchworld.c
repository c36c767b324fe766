/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills a machine with processes, descriptors and locks for `make bench`.
 *
 *   benchworld NAME DIR      makes DIR, fills it and the machine, prints one line of JSON when everything stands, and ends with
 *                            its standard input (or after half an hour). benchworld --list names the worlds.
 *
 * Nothing outlives it, even when it is killed: the processes ask for SIGKILL when their parent ends, and a janitor removes DIR. */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONGEST_SECONDS 1800
#define DATA_FILES 64
#define RING 10 /* processes that wait for each other */

enum kind { MIXED, POSIX, FLOCK, RINGS };

struct spec {
	const char *name;
	size_t procs, fds; /* descriptors of each */
	enum kind kind;
	size_t locks, files, waiters;
	size_t threads, sharers; /* threads of each process; processes that fork a child */
	size_t other_percent; /* of the descriptors that are no files */
};

static const struct spec specs[] = {
	{ "S", 100, 20, MIXED, 200, 20, 10, 1, 0, 20 },        { "M", 2000, 50, MIXED, 5000, 500, 50, 1, 0, 20 },
	{ "L", 10000, 30, MIXED, 20000, 2000, 100, 1, 0, 20 }, { "Y", 200, 5000, MIXED, 10, 10, 2, 1, 0, 20 },
	{ "X1", 1, 20, POSIX, 100000, 8, 10, 1, 0, 20 },       { "X2", 6, 17000, FLOCK, 100000, 100000, 10, 1, 0, 0 },
	{ "X3", 6, 1700, FLOCK, 10000, 10000, 10, 1, 0, 0 },   { "X5", 1, 20, POSIX, 10000, 8, 0, 1, 0, 20 },
	{ "X6", 1, 20, POSIX, 200000, 32, 0, 1, 0, 20 },       { "X7", 1, 20, POSIX, 50000, 8, 0, 1, 0, 20 },
	{ "X8", 1, 20, POSIX, 50000, 1, 0, 1, 0, 20 },         { "MT", 500, 50, MIXED, 1500, 150, 10, 20, 50, 20 },
	{ "C", 60, 20, MIXED, 300, 30, 30, 3, 20, 30 },        { "D", 10000, 4, RINGS, 10000, 10000, 0, 1, 0, 0 },
};

static const struct spec *spec;
static int ready_fd = -1, go_fd = -1; /* a worker writes a byte when it stands; waits for the other's end */
static int ready_read_fd = -1, in_fd = -1, out_fd = -1; /* not for workers */
static volatile sig_atomic_t ended;

static void on_signal(int number)
{
	(void)number;
	ended = 1;
}

static int open_file(const char *kind, size_t i, int flags)
{
	char name[40];
	int fd;

	snprintf(name, sizeof(name), "%s%06zu", kind, i);
	fd = open(name, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		err(1, "%s", name);
	return fd;
}

static enum kind kind_of(size_t lock)
{
	static const enum kind turns[] = { POSIX, FLOCK, MIXED };

	return spec->kind == MIXED ? turns[lock / spec->files % 3] : spec->kind;
}

/* Here MIXED stands for a lock of an open file description. Ranges of different locks never touch. */
static int set_lock(int fd, size_t lock, bool exclusive, bool wait)
{
	enum kind kind = kind_of(lock);
	struct flock l = {
		.l_type = exclusive ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)(lock / spec->files) * 10,
		.l_len = 5,
	};

	if (kind == FLOCK || kind == RINGS)
		return flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB));
	if (kind == POSIX)
		return fcntl(fd, wait ? F_SETLKW : F_SETLK, &l);
	return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &l);
}

/* Very many ranges of one owner: one lock over all, from which the gaps are taken away, the last one first. Each is then next to
 * the beginning of the kernel's list; to set them one by one takes a minute. */
static size_t take_ranges(size_t worker)
{
	for (size_t file = worker; file < spec->files; file += spec->procs) {
		struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		int fd = open_file("l", file, O_RDWR);

		l.l_len = (off_t)(spec->locks / spec->files) * 10 - 5;
		if (fcntl(fd, F_SETLK, &l) < 0)
			err(1, "lock");
		l.l_type = F_UNLCK;
		l.l_len = 5;
		for (l.l_start = (off_t)(spec->locks / spec->files) * 10 - 15; l.l_start > 0; l.l_start -= 10) {
			if (fcntl(fd, F_SETLK, &l) < 0)
				err(1, "unlock");
		}
	}
	return spec->files;
}

static size_t take_locks(size_t worker)
{
	size_t n = 0;

	for (size_t lock = worker; lock < spec->locks; lock += spec->procs, n++) {
		int fd = open_file("l", lock % spec->files, O_RDWR);

		/* Several share a file: whole-file locks are shared ones then. */
		if (set_lock(fd, lock, kind_of(lock) == FLOCK ? spec->files >= spec->locks : lock % 2, false) < 0)
			err(1, "lock %zu", lock);
	}
	return n;
}

static void fill_fds(size_t worker, size_t have)
{
	for (size_t i = have + 3; i < spec->fds; i++) {
		bool other = i % 100 * 37 % 100 < spec->other_percent;
		int fd = other ? eventfd(0, EFD_CLOEXEC) : open_file("d", (worker + i) % DATA_FILES, O_RDONLY);

		if (fd < 0)
			err(1, "descriptor %zu", i);
	}
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* To the end of the world, and not beyond. */
static void tie_to(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
}

static void tell_ready(void)
{
	if (write(ready_fd, "", 1) != 1)
		_exit(1);
}

static void start_threads(void)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (size_t i = 1; i < spec->threads; i++) {
		if (pthread_create(&t, &attr, idle, NULL) != 0)
			errx(1, "no more threads to be had");
	}
}

/* A ring in ten stays open: its last one does not wait, so that it is a chain and no deadlock. */
static bool waits_in_ring(size_t worker)
{
	return worker / RING % 10 != 0 || worker % RING != RING - 1;
}

static void wait_in_ring(size_t worker)
{
	size_t next = worker / RING * RING + (worker + 1) % RING;
	char c;

	while (read(go_fd, &c, 1) < 0 && errno == EINTR)
		;
	if (waits_in_ring(worker) && flock(open_file("l", next, O_RDWR), LOCK_EX) < 0)
		err(1, "flock");
}

static void worker_main(size_t worker)
{
	fill_fds(worker, spec->kind == POSIX ? take_ranges(worker) : take_locks(worker));
	if (worker < spec->sharers) {
		pid_t self = getpid(), child = fork();

		if (child < 0)
			err(1, "fork");
		if (child == 0) {
			tie_to(self);
			idle(NULL);
		}
	}
	start_threads();
	tell_ready();
	if (spec->kind == RINGS)
		wait_in_ring(worker);
	idle(NULL);
}

static void waiter_main(size_t waiter)
{
	/* Of three neighbouring turns of the files one is of each kind. */
	size_t lock = spec->locks > 3 * spec->files ? waiter % 3 * spec->files + waiter % spec->files
						    : waiter % spec->locks;
	int fd = open_file("l", lock % spec->files, O_RDWR);

	tell_ready();
	if (set_lock(fd, lock, true, true) < 0)
		err(1, "waiting for lock %zu", lock);
	idle(NULL);
}

static pid_t start(void (*run)(size_t), size_t i, int keep_out)
{
	pid_t self = getpid(), child = fork();

	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		tie_to(self);
		close(keep_out);
		close(ready_read_fd);
		close(in_fd);
		close(out_fd);
		run(i);
		_exit(0);
	}
	return child;
}

/* Whether it is in a call that waits for a lock (proc_pid_syscall(5)). */
static bool is_blocked(pid_t pid)
{
	char name[64], text[32] = "";
	FILE *f;
	long number;

	snprintf(name, sizeof(name), "/proc/%d/syscall", (int)pid);
	f = fopen(name, "re");
	if (!f)
		return errno == EACCES || errno == EPERM;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	number = text[0] >= '0' && text[0] <= '9' ? strtol(text, NULL, 10) : -1;
	return number == SYS_fcntl || number == SYS_flock;
}

static void await_blocked(const pid_t *pids, size_t n, bool (*waits)(size_t))
{
	for (size_t i = 0; i < n && !ended; i++) {
		while ((!waits || waits(i)) && !is_blocked(pids[i]) && !ended)
			usleep(2000);
	}
}

static void await_ready(int fd, size_t n)
{
	char buf[512];

	while (n && !ended) {
		ssize_t got = read(fd, buf, n < sizeof(buf) ? n : sizeof(buf));

		if (got > 0)
			n -= (size_t)got;
	}
}

static void make_files(void)
{
	for (size_t i = 0; i < spec->files; i++)
		close(open_file("l", i, O_RDWR | O_CREAT));
	for (size_t i = 0; i < DATA_FILES; i++)
		close(open_file("d", i, O_RDWR | O_CREAT));
}

/* Waits until the world is over however that came about, then removes what it made. */
static void janitor(int alive, const char *dir)
{
	DIR *d;
	struct dirent *e;
	char c;

	signal(SIGTERM, SIG_IGN);
	while (read(alive, &c, 1) < 0 && errno == EINTR)
		;
	d = opendir(".");
	while (d && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			unlink(e->d_name);
	}
	if (rmdir(dir) < 0)
		warn("%s", dir);
	_exit(0);
}

/* The end of *ret_alive in us keeps the janitor waiting. */
static void start_janitor(const char *dir, int *ret_alive)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		err(1, "pipe");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		setsid();
		close(fds[1]);
		janitor(fds[0], dir);
	}
	close(fds[0]);
	*ret_alive = fds[1];
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	/* None ends before the world does. */
	sa.sa_flags = SA_NOCLDSTOP;
	sigaction(SIGCHLD, &sa, NULL);
	alarm(LONGEST_SECONDS);
}

static void raise_limits(void)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_max != RLIM_INFINITY && r.rlim_max < spec->fds + 64)
		r.rlim_max = spec->fds + 64;
	r.rlim_cur = r.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &r) < 0)
		err(1, "world %s needs %zu descriptors in one process (RLIMIT_NOFILE)", spec->name, spec->fds);
}

static size_t count_rings(void)
{
	size_t n = 0;

	for (size_t i = 0; spec->kind == RINGS && i < spec->procs; i++)
		n += waits_in_ring(i);
	return n;
}

/* How many processes it started. */
static size_t fill(pid_t *pids, int alive)
{
	int ready[2], go[2];
	size_t n = 0;

	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		err(1, "pipe");
	ready_read_fd = ready[0];
	ready_fd = ready[1];
	go_fd = go[0];
	for (size_t i = 0; i < spec->procs && !ended; i++)
		pids[n++] = start(worker_main, i, go[1]);
	await_ready(ready[0], n);
	close(go[1]);
	for (size_t i = 0; i < spec->waiters && !ended; i++)
		pids[n++] = start(waiter_main, i, alive);
	await_ready(ready[0], ended ? 0 : spec->waiters);
	if (spec->kind == RINGS)
		await_blocked(pids, spec->procs, waits_in_ring);
	await_blocked(pids + spec->procs, spec->waiters, NULL);
	return n;
}

static int run_world(int alive)
{
	pid_t *pids = calloc(spec->procs + spec->waiters, sizeof(*pids));
	struct pollfd p;
	char buf[64];
	bool whole;
	size_t n;

	out_fd = dup(STDOUT_FILENO);
	in_fd = dup(STDIN_FILENO);
	p = (struct pollfd){ .fd = in_fd, .events = POLLIN };
	if (!pids || !freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout))
		err(1, "cannot begin");
	n = fill(pids, alive);
	whole = !ended;
	if (whole)
		dprintf(out_fd,
			"{\"world\":\"%s\",\"processes\":%zu,\"descriptors\":%zu,\"locks\":%zu,\"waiters\":%zu}\n",
			spec->name, spec->procs + spec->sharers + spec->waiters,
			(spec->procs + spec->sharers) * spec->fds + spec->waiters * 4, spec->locks,
			spec->waiters + count_rings());
	while (!ended && (poll(&p, 1, -1) < 0 || read(in_fd, buf, sizeof(buf)) > 0))
		;
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	free(pids);
	return whole ? 0 : 1;
}

static int find_spec(const char *name)
{
	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
		if (strcmp(specs[i].name, name) == 0)
			spec = &specs[i];
	}
	return spec != NULL;
}

int main(int argc, char **argv)
{
	int alive, rc;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++)
			puts(specs[i].name);
		return 0;
	}
	if (argc != 3 || !find_spec(argv[1]))
		errx(2, "usage: benchworld --list | NAME DIR");
	if (mkdir(argv[2], 0700) < 0 || chdir(argv[2]) < 0)
		err(1, "%s", argv[2]);
	setpgid(0, 0);
	catch_signals();
	start_janitor(argv[2], &alive);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	raise_limits();
	make_files();
	rc = run_world(alive);
	/* Those of the world first, then the janitor, which waits for our end of its pipe. */
	close(alive);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return rc;
}
