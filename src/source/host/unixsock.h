/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unix(7) sockets of a network namespace and the files they are bound to, by sock_diag(7). */
#ifndef LK_SOURCE_UNIXSOCK_H
#define LK_SOURCE_UNIXSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lk_unixsock {
	uint32_t
		ino; /* of the socket itself: "socket:[ino]" in /proc/PID/fd; the same number in every network namespace */
	uint32_t peer; /* the other end; 0: none, or not accepted yet */
	bool has_file; /* it is bound to a file, or was accepted by a socket that is: */
	uint32_t major, minor; /* of the superblock, as in lock keys */
	uint32_t file_ino; /* the lower half of the inode number */
	const char *name; /* path as given to bind(2), perhaps relative; NULL: not bound to a path. Borrowed */
	const char *
		abstract; /* its name without a file, which begins with a NUL, without that; NULL: it has none. Borrowed */
	bool listens;
	bool is_datagram;
	const uint32_t *pending; /* sockets that have connected to it and were not accepted yet; borrowed */
	size_t n_pending;
};

/* Opens a netlink socket for the network namespace of the calling thread. A descriptor or -errno. */
int lk_unixsock_open(void);

/* Lists the sockets of that namespace; fd serves for one call. Calls cb until it returns a negative errno, which is returned. 0 or -errno;
 * -ENOENT: this kernel cannot tell. */
typedef int (*lk_unixsock_cb)(void *arg, const struct lk_unixsock *s);
int lk_unixsock_each(int fd, lk_unixsock_cb cb, void *arg);

#endif
