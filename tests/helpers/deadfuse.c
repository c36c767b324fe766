/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A FUSE file system that answers until it is told to die, and then never again, but goes on taking requests: whoever
 * waits for it cannot be killed. Spoken directly to /dev/fuse (linux/fuse.h). It ends, and everybody is released,
 * with this process.
 *
 *   deadfuse MOUNTPOINT   prints "ready"; reads "die" from standard input and prints "dead", then "took" for each
 *                         request for data and "closing" for each that closes a file; ends at end of file. "flush" instead of "die": only closing a file
 *                         (FUSE_FLUSH) is not answered from then on.
 *
 * The root directory has regular files named "a" to "h". Nothing is cached by name, so that each look-up
 * reaches the server; locks are left to the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILE_BYTES 4096
#define FIRST_NODE 2
#define LAST_NODE 9

static int device;
static bool dead, no_flush;
static _Alignas(8) char request[FUSE_MIN_READ_BUFFER * 32];

static int send_reply(uint64_t unique, int error, const void *body, size_t size)
{
	struct fuse_out_header header = { .len = (uint32_t)(sizeof(header) + size), .error = -error, .unique = unique };
	struct iovec parts[2] = { { &header, sizeof(header) }, { (void *)(uintptr_t)body, size } };

	/* The asker may have given up meanwhile: ENOENT. */
	return writev(device, parts, size ? 2 : 1) < 0 && errno != ENOENT ? -errno : 0;
}

static struct fuse_attr attributes(uint64_t node)
{
	struct fuse_attr a = { .ino = node, .nlink = 1, .blksize = FILE_BYTES };

	a.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0666;
	a.size = node == FUSE_ROOT_ID ? 0 : FILE_BYTES;
	return a;
}

static int answer_init(const struct fuse_in_header *in)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = FILE_BYTES, .max_background = 8
	};

	return send_reply(in->unique, 0, &out, sizeof(out));
}

static int answer_lookup(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = { .generation = 1 };
	uint64_t node = (uint64_t)(unsigned char)name[0] - 'a' + FIRST_NODE;

	if (name[0] < 'a' || name[1] || node > LAST_NODE)
		return send_reply(in->unique, ENOENT, NULL, 0);
	out.nodeid = node;
	out.attr = attributes(node);
	return send_reply(in->unique, 0, &out, sizeof(out));
}

static int answer_getattr(const struct fuse_in_header *in)
{
	struct fuse_attr_out out = { .attr = attributes(in->nodeid) };

	return send_reply(in->unique, 0, &out, sizeof(out));
}

static int answer_open(const struct fuse_in_header *in)
{
	struct fuse_open_out out = { .fh = in->nodeid };

	return send_reply(in->unique, 0, &out, sizeof(out));
}

static int answer_statfs(const struct fuse_in_header *in)
{
	struct fuse_statfs_out out = { .st = { .bsize = FILE_BYTES, .namelen = 255 } };

	return send_reply(in->unique, 0, &out, sizeof(out));
}

static int answer(const struct fuse_in_header *in, const char *body)
{
	static const char zeros[FILE_BYTES];

	switch (in->opcode) {
	case FUSE_INIT:
		return answer_init(in);
	case FUSE_LOOKUP:
		return answer_lookup(in, body);
	case FUSE_GETATTR:
		return answer_getattr(in);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return answer_open(in);
	case FUSE_READ:
		return send_reply(in->unique, 0, zeros, sizeof(zeros));
	case FUSE_READDIR:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		return send_reply(in->unique, 0, NULL, 0);
	case FUSE_STATFS:
		return answer_statfs(in);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return 0;
	case FUSE_FLUSH:
		return no_flush ? 0 : send_reply(in->unique, ENOSYS, NULL, 0);
	default:
		return send_reply(in->unique, ENOSYS, NULL, 0);
	}
}

/* Whoever asked for data can no longer be killed; who closes a descriptor waits. */
static int note_request(const struct fuse_in_header *in)
{
	const char *word = in->opcode == FUSE_READ ? "took\n" : in->opcode == FUSE_FLUSH ? "closing\n" : NULL;

	return word && dprintf(STDOUT_FILENO, "%s", word) < 0 ? -errno : 0;
}

static int take_request(void)
{
	ssize_t n = read(device, request, sizeof(request) - 1);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN || errno == ENOENT ? 0 : -errno;
	if ((size_t)n < sizeof(struct fuse_in_header))
		return -EBADMSG;
	request[n] = '\0';
	if (dead)
		return note_request((const struct fuse_in_header *)request);
	return answer((const struct fuse_in_header *)request, request + sizeof(struct fuse_in_header));
}

static int take_command(void)
{
	char line[16];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line));

	if (n <= 0)
		return -EPIPE;
	if (line[0] == 'f')
		no_flush = true;
	else
		dead = true;
	return dprintf(STDOUT_FILENO, "dead\n") < 0 ? -errno : 0;
}

static int mount_it(const char *where)
{
	char options[64];

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return -errno;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
	return mount("deadfuse", where, "fuse", MS_NOSUID | MS_NODEV, options) < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	struct pollfd wait[2];
	int r = argc == 2 ? mount_it(argv[1]) : -EINVAL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (r < 0) {
		printf("error %d %s\n", -r, strerror(-r));
		return 1;
	}
	dprintf(STDOUT_FILENO, "ready\n");
	wait[0] = (struct pollfd){ .fd = device, .events = POLLIN };
	wait[1] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	while (r == 0) {
		if (poll(wait, 2, -1) < 0)
			return 1;
		if (wait[0].revents)
			r = take_request();
		if (r == 0 && wait[1].revents)
			r = take_command();
	}
	return 0;
}
