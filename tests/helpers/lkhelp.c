/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that does with files what it is told, so that tests know its state without sleeping. It reads one command
 * a line and answers each with one line, "ok WORDS" or "err NUMBER TEXT".
 *
 *   lkhelp                             commands from standard input, answers to standard output
 *   lkhelp --connect SOCKET [PADDING]  both on a unix socket that somebody listens on
 *   lkhelp --fd N                      both on an open descriptor (used after exec)
 *
 * Paths and names are given as hexadecimal bytes. FD "." is the descriptor this thread opened last. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lkhelp.h"

#define MAX_WORDS 96
#define PROTOCOL_FD 200 /* the protocol stays above this, so that tests have 0, 1 and 2 */

struct worker {
	struct worker *next;
	pid_t tid;
	bool private_table;
	char **words; /* "cmd arg ; cmd arg", NULL at the end; owned */
	int result; /* valid once done */
	bool done;
	sem_t started, finished;
	struct context context;
};

int protocol_in = STDIN_FILENO, protocol_out = STDOUT_FILENO;
const char *padding;
static FILE *protocol_file;
static struct worker *workers;
static bool leaving;

static int run_words(struct context *c, char **argv);
static _Noreturn void serve(void);

int reply(struct context *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->reply, sizeof(c->reply), format, ap);
	va_end(ap);
	return 0;
}

char *unhex(const char *word)
{
	size_t n = strlen(word) / 2;
	char *out = calloc(n + 1, 1);

	for (size_t i = 0; out && i < n; i++) {
		char pair[3] = { word[2 * i], word[2 * i + 1], '\0' };
		char *end;

		out[i] = (char)strtoul(pair, &end, 16);
		if (*end) {
			free(out);
			return NULL;
		}
	}
	return out;
}

/* Moves the protocol out of the way of the numbers tests care about. */
static int use_protocol(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, PROTOCOL_FD);

	if (high < 0)
		return -errno;
	close(fd);
	protocol_in = protocol_out = high;
	return 0;
}

int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return use_protocol(fd);
}

void close_protocol(void)
{
	close(protocol_in);
	if (protocol_out != protocol_in)
		close(protocol_out);
}

_Noreturn void child_serves(const char *socket_word)
{
	char *path = unhex(socket_word);

	close_protocol();
	protocol_file = NULL;
	if (!path || connect_to(path) < 0)
		_exit(1);
	free(path);
	serve();
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	char **at = w->words;

	w->tid = gettid();
	w->context.last_fd = -1;
	if (w->private_table && unshare(CLONE_FILES) < 0)
		w->result = -errno;
	sem_post(&w->started);
	while (*at && w->result == 0) {
		char **end = at;

		while (*end && strcmp(*end, ";") != 0)
			end++;
		if (*end)
			*end++ = NULL;
		w->result = run_words(&w->context, at);
		at = end;
	}
	__atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
	sem_post(&w->finished);
	while (pause())
		;
	return NULL;
}

static char **copy_words(char **argv)
{
	size_t n = 0;
	char **copy;

	while (argv[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++)
		copy[i] = strdup(argv[i]);
	return copy;
}

/* thread LETTERS CMD [; CMD]...: letter s waits for the commands to end, a does not, p gives it its own fd table. */
static int cmd_thread(struct context *c, char **argv)
{
	struct worker *w = calloc(1, sizeof(*w));
	pthread_t thread;

	if (!w)
		return -ENOMEM;
	w->private_table = strchr(argv[1], 'p');
	w->words = copy_words(argv + 2);
	sem_init(&w->started, 0, 0);
	sem_init(&w->finished, 0, 0);
	w->next = workers;
	workers = w;
	if (pthread_create(&thread, NULL, worker_main, w) != 0)
		return -EAGAIN;
	pthread_detach(thread);
	sem_wait(&w->started);
	if (strchr(argv[1], 's'))
		sem_wait(&w->finished);
	return w->result < 0 ? w->result
			     : reply(c, "%d %.100s", (int)w->tid, strchr(argv[1], 's') ? w->context.reply : "");
}

/* done TID: "1 RESULT" when the commands of that thread have ended, else "0". */
static int cmd_done(struct context *c, char **argv)
{
	for (struct worker *w = workers; w; w = w->next) {
		if (w->tid != atoi(argv[1]))
			continue;
		if (!__atomic_load_n(&w->done, __ATOMIC_ACQUIRE))
			return reply(c, "0");
		return reply(c, "1 %d", w->result);
	}
	return -ESRCH;
}

static int cmd_leave(struct context *c, char **argv)
{
	(void)c;
	(void)argv;
	leaving = true;
	return 0;
}

static int cmd_exit(struct context *c, char **argv)
{
	(void)c;
	(void)argv;
	_exit(0);
}

static const struct {
	const char *name;
	int n_args;
	command_function *run;
} commands[] = {
	{ "open", 2, cmd_open },     { "dup", 1, cmd_dup },       { "close", 1, cmd_close },
	{ "lock", 3, cmd_lock },     { "many", 4, cmd_many },     { "read", 1, cmd_read },
	{ "mmap", 1, cmd_mmap },     { "argmap", 1, cmd_argmap }, { "pair", 0, cmd_pair },
	{ "send", 2, cmd_send },     { "recv", 1, cmd_recv },     { "fork", 1, cmd_fork },
	{ "forkat", 2, cmd_forkat }, { "spawn", 1, cmd_spawn },   { "storm", 2, cmd_storm },
	{ "exec", 1, cmd_exec },     { "comm", 1, cmd_comm },     { "chdir", 1, cmd_chdir },
	{ "nofile", 1, cmd_nofile }, { "nodump", 0, cmd_nodump }, { "setuid", 1, cmd_setuid },
	{ "pid", 0, cmd_pid },       { "thread", 2, cmd_thread }, { "done", 1, cmd_done },
	{ "leave", 0, cmd_leave },   { "exit", 0, cmd_exit },
};

static int run_words(struct context *c, char **argv)
{
	int n = 0;

	while (argv[n])
		n++;
	for (size_t i = 0; n > 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[0]) == 0)
			return n - 1 < commands[i].n_args ? -EINVAL : commands[i].run(c, argv);
	}
	return -ENOSYS;
}

static void *serve_thread(void *arg)
{
	(void)arg;
	serve();
}

/* The main thread ends, another takes over: the process goes on with a zombie for a leader. */
static _Noreturn void leave_to_thread(void)
{
	pthread_t thread;

	leaving = false;
	if (pthread_create(&thread, NULL, serve_thread, NULL) != 0)
		_exit(1);
	pthread_exit(NULL);
}

static void serve_line(struct context *c, char *line)
{
	char *argv[MAX_WORDS + 1] = { NULL };
	char *position = NULL;
	int r = -E2BIG, n = 0;

	for (char *word = strtok_r(line, " \n", &position); word && n < MAX_WORDS;
	     word = strtok_r(NULL, " \n", &position))
		argv[n++] = word;
	c->reply[0] = '\0';
	if (n < MAX_WORDS)
		r = run_words(c, argv);
	if (r < 0)
		dprintf(protocol_out, "err %d %s\n", -r, strerror(-r));
	else
		dprintf(protocol_out, "ok %s\n", c->reply);
}

static _Noreturn void serve(void)
{
	static struct context context = { .last_fd = -1 };
	static char *line;
	static size_t size;

	if (!protocol_file)
		protocol_file = fdopen(protocol_in, "r");
	if (!protocol_file)
		_exit(1);
	while (getline(&line, &size, protocol_file) > 0) {
		serve_line(&context, line);
		if (leaving)
			leave_to_thread();
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	signal(SIGIO, SIG_IGN); /* a lease being broken must not end us */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN); /* children leave no zombies, their numbers are free at once */
	padding = argc > 3 ? argv[3] : NULL;
	if (argc > 2 && strcmp(argv[1], "--connect") == 0 && connect_to(argv[2]) < 0)
		return 1;
	if (argc == 3 && strcmp(argv[1], "--fd") == 0) {
		if (use_protocol(atoi(argv[2])) < 0 || dprintf(protocol_out, "ok\n") < 0)
			return 1;
	}
	serve();
}
