/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists all unix(7) sockets by sock_diag(7). */
#include "source/host/unixsock.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/vec.h"

#define TCP_LISTEN 10 /* include/net/tcp_states.h: the state of every kind of socket that listens */
#define ANSWER_BYTES 65536 /* more than the kernel puts into one message */
#define WAIT_SECONDS 2
/* The kernel's own form of a device number (include/linux/kdev_t.h). */
#define DEV_MAJOR(dev) ((dev) >> 20)
#define DEV_MINOR(dev) ((dev)&0xfffff)

int lk_unixsock_open(void)
{
	struct timeval limit = { .tv_sec = WAIT_SECONDS };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

static int ask(int fd)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req req;
	} m = {
		.head = { .nlmsg_len = sizeof(m),
			  .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.req = { .sdiag_family = AF_UNIX,
			 .udiag_states = UINT32_MAX,
			 .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS },
	};

	return send(fd, &m, sizeof(m), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void take_file(struct lk_unixsock *s, const struct rtattr *a)
{
	struct unix_diag_vfs vfs;

	if (RTA_PAYLOAD(a) < sizeof(vfs))
		return;
	memcpy(&vfs, RTA_DATA(a), sizeof(vfs));
	s->has_file = true;
	s->file_ino = vfs.udiag_vfs_ino;
	s->major = DEV_MAJOR(vfs.udiag_vfs_dev);
	s->minor = DEV_MINOR(vfs.udiag_vfs_dev);
}

/* The name of an abstract socket begins with a NUL; one of a file may lack the NUL at its end. */
static void take_name(struct lk_unixsock *s, const struct rtattr *a, lk_buf *name)
{
	name->n = 0;
	lk_buf_add(name, RTA_DATA(a), RTA_PAYLOAD(a));
	s->name = *lk_buf_str(name) ? name->v : NULL;
	s->abstract = !s->name && name->n > 1 ? name->v + 1 : NULL;
}

static void take_attribute(struct lk_unixsock *s, const struct rtattr *a, lk_buf *name)
{
	switch (a->rta_type) {
	case UNIX_DIAG_NAME:
		take_name(s, a, name);
		break;
	case UNIX_DIAG_VFS:
		take_file(s, a);
		break;
	case UNIX_DIAG_PEER:
		if (RTA_PAYLOAD(a) >= sizeof(s->peer))
			memcpy(&s->peer, RTA_DATA(a), sizeof(s->peer));
		break;
	case UNIX_DIAG_ICONS:
		s->pending = RTA_DATA(a);
		s->n_pending = RTA_PAYLOAD(a) / sizeof(*s->pending);
		break;
	default:
		break;
	}
}

static int take_one(const struct nlmsghdr *h, lk_buf *name, lk_unixsock_cb cb, void *arg)
{
	const struct unix_diag_msg *m = NLMSG_DATA(h);
	const char *p = (const char *)(m + 1), *end = (const char *)h + h->nlmsg_len;
	struct lk_unixsock s = { .ino = m->udiag_ino,
				 .listens = m->udiag_state == TCP_LISTEN,
				 .is_datagram = m->udiag_type == SOCK_DGRAM };

	while ((size_t)(end - p) >= sizeof(struct rtattr)) {
		const struct rtattr *a = (const struct rtattr *)(const void *)p;
		size_t left = (size_t)(end - p), step = RTA_ALIGN(a->rta_len);

		if (a->rta_len < sizeof(*a) || a->rta_len > left)
			return -EBADMSG;
		take_attribute(&s, a, name);
		p += step < left ? step : left;
	}
	return cb(arg, &s);
}

/* Takes one answer of the kernel, which holds several messages. 1: it was the last; 0; or -errno. */
static int take_answer(const struct nlmsghdr *h, size_t n, lk_buf *name, lk_unixsock_cb cb, void *arg)
{
	int rc = 0;

	for (; NLMSG_OK(h, n) && !rc; h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return h->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) ? *(const int *)NLMSG_DATA(h) : -EBADMSG;
		if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			return -EBADMSG;
		rc = take_one(h, name, cb, arg);
	}
	return rc;
}

int lk_unixsock_each(int fd, lk_unixsock_cb cb, void *arg)
{
	lk_auto_mem struct nlmsghdr *answer = lk_alloc(ANSWER_BYTES, 1);
	lk_buf name = { 0 };
	int rc = ask(fd);

	while (!rc) {
		ssize_t n = recv(fd, answer, ANSWER_BYTES, 0);

		if (n >= 0)
			rc = take_answer(answer, (size_t)n, &name, cb, arg);
		else if (errno != EINTR)
			rc = -errno;
	}
	lk_vec_done(&name);
	return rc == 1 ? 0 : rc;
}
