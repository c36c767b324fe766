/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of lkhelp that open, lock, map and pass on files. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lkhelp.h"

#define MAPPED_BYTES 4096

static int fd_of(struct context *c, const char *word)
{
	return strcmp(word, ".") == 0 ? c->last_fd : atoi(word);
}

static int keep_fd(struct context *c, int fd)
{
	if (fd < 0)
		return -errno;
	c->last_fd = fd;
	return reply(c, "%d", fd);
}

static int open_flags(const char *letters)
{
	int flags = 0;

	for (; *letters; letters++) {
		switch (*letters) {
		case 'w':
			flags |= O_WRONLY;
			break;
		case 'b':
			flags |= O_RDWR;
			break;
		case 'p':
			flags |= O_PATH;
			break;
		case 'c':
			flags |= O_CREAT;
			break;
		case 'n':
			flags |= O_NONBLOCK;
			break;
		case 'e':
			flags |= O_CLOEXEC;
			break;
		default: /* r */
			break;
		}
	}
	return flags;
}

int cmd_open(struct context *c, char **argv)
{
	char *path = unhex(argv[1]);
	int fd = -1;

	if (!path)
		return -EINVAL;
	fd = open(path, open_flags(argv[2]), 0666);
	free(path);
	return keep_fd(c, fd);
}

int cmd_dup(struct context *c, char **argv)
{
	int fd = fd_of(c, argv[1]);

	return keep_fd(c, argv[2] ? dup2(fd, atoi(argv[2])) : dup(fd));
}

int cmd_close(struct context *c, char **argv)
{
	return close(fd_of(c, argv[1])) < 0 ? -errno : 0;
}

int lock_whole(const char *kind, char mode, int fd, bool wait)
{
	int operation = mode == 'r' ? LOCK_SH : mode == 'w' ? LOCK_EX : LOCK_UN;
	int lease = mode == 'r' ? F_RDLCK : mode == 'w' ? F_WRLCK : F_UNLCK;

	if (strcmp(kind, "lease") == 0)
		return fcntl(fd, F_SETLEASE, lease) < 0 ? -errno : 0;
	return flock(fd, operation | (wait ? 0 : LOCK_NB)) < 0 ? -errno : 0;
}

int lock_range(const char *kind, char mode, int fd, long long start, long long len, bool wait)
{
	struct flock request = {
		.l_type = (short)(mode == 'r'   ? F_RDLCK
				  : mode == 'w' ? F_WRLCK
						: F_UNLCK),
		.l_whence = SEEK_SET,
		.l_start = (off_t)start,
		.l_len = (off_t)len,
	};
	bool ofd = strcmp(kind, "ofd") == 0;
	int command = ofd ? (wait ? F_OFD_SETLKW : F_OFD_SETLK) : (wait ? F_SETLKW : F_SETLK);

	return fcntl(fd, command, &request) < 0 ? -errno : 0;
}

/* lock posix|ofd|flock|lease r|w|u FD [START LEN [wait]] */
int cmd_lock(struct context *c, char **argv)
{
	const char *kind = argv[1];
	int fd = fd_of(c, argv[3]);
	bool has_range = argv[4] && argv[5];
	bool wait = has_range && argv[6];

	if (strcmp(kind, "flock") == 0 || strcmp(kind, "lease") == 0)
		return lock_whole(kind, argv[2][0], fd, wait);
	return lock_range(kind, argv[2][0], fd, has_range ? atoll(argv[4]) : 0, has_range ? atoll(argv[5]) : 0, wait);
}

/* many posix|ofd r|w FD COUNT: every second byte, so that the kernel merges nothing. */
int cmd_many(struct context *c, char **argv)
{
	int fd = fd_of(c, argv[3]), count = atoi(argv[4]);

	for (int i = 0; i < count; i++) {
		int r = lock_range(argv[1], argv[2][0], fd, 2LL * i, 1, false);

		if (r < 0)
			return r;
	}
	return 0;
}

int cmd_read(struct context *c, char **argv)
{
	char byte;
	ssize_t n = read(fd_of(c, argv[1]), &byte, 1);

	return n < 0 ? -errno : reply(c, "%zd", n);
}

int cmd_mmap(struct context *c, char **argv)
{
	void *p = mmap(NULL, MAPPED_BYTES, PROT_READ, MAP_PRIVATE, fd_of(c, argv[1]), 0);

	return p == MAP_FAILED ? -errno : 0;
}

/* argmap FD: a page of our command line is now a page of that file, so reading the one reads the other. It needs a last
 * argument of some pages (lkhelp.h: padding), which nothing else of this process touches. */
int cmd_argmap(struct context *c, char **argv)
{
	size_t start = ((uintptr_t)padding + MAPPED_BYTES - 1) & ~(uintptr_t)(MAPPED_BYTES - 1);
	void *p;

	if (!padding || strlen(padding) < 3 * MAPPED_BYTES)
		return -ERANGE;
	p = mmap((void *)start, MAPPED_BYTES, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd_of(c, argv[1]), 0);
	return p == MAP_FAILED ? -errno : 0;
}

int cmd_pair(struct context *c, char **argv)
{
	int pair[2];

	(void)argv;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return -errno;
	return reply(c, "%d %d", pair[0], pair[1]);
}

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

int cmd_send(struct context *c, char **argv)
{
	union control control = { .space = { 0 } };
	struct iovec byte = { .iov_base = (char[]){ 'x' }, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = fd_of(c, argv[2]);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(atoi(argv[1]), &message, 0) < 0 ? -errno : 0;
}

int cmd_recv(struct context *c, char **argv)
{
	union control control = { .space = { 0 } };
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header;
	int fd;

	if (recvmsg(atoi(argv[1]), &message, 0) < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return keep_fd(c, fd);
}
