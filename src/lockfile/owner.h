/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who made a lock file, as is written in it: in its content, in the target of a symbolic link, or in the name of its twin. Pure: bytes in,
 * facts out. What is read is hostile: whoever can write to the directory can write anything. */
#ifndef LK_LOCKFILE_OWNER_H
#define LK_LOCKFILE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LK_OWNER_MOST 4096 /* no more bytes of a lock file are looked at */

/* The forms in which an owner is written. Each has its reader in owner.c, with an example. */
enum lk_owner_form {
	LK_OWNER_NOT_WRITTEN,
	LK_OWNER_PID, /* a decimal number, blanks around it, then nothing, NUL or another line */
	LK_OWNER_PID_HOST, /* a number, white space, a host name */
	LK_OWNER_PID_COLON_HOST, /* "1234:host" */
	LK_OWNER_HOST_PID, /* "host-1234": link of Chromium */
	LK_OWNER_ADDRESS_PID, /* "127.0.1.1:+1234": link of Firefox */
	LK_OWNER_EMACS, /* "user@host.1234:1700000000": link of Emacs; the boot time may be missing, and joe's host is often "here" */
	LK_OWNER_HG, /* "host:1234" or "host/f00000ab:1234" (hex number of the pid namespace): link of Mercurial */
	LK_OWNER_POSTMASTER, /* lines of PostgreSQL's postmaster.pid */
	LK_OWNER_VIM, /* the head of a swap file */
	LK_OWNER_OFFICE, /* ",user,host,date,profile;" of LibreOffice */
	LK_OWNER_MAIL, /* a number, or as LK_OWNER_PID_COLON_HOST */
	LK_OWNER_UUCP, /* ten characters, a number with blanks before it, then a name or nothing (HDB); or four bytes, a binary number */
	LK_OWNER_MSOFFICE, /* 162 or 165 bytes: the length of a name, and the name */
	LK_OWNER_GIT, /* "pid 1234" */
	LK_OWNER_BORG, /* "host@id.1234-0", the name of a file */
	LK_OWNER_CCACHE, /* "host-1234-thread-time": link of ccache */
	LK_OWNER_FILELOCK, /* a number; or with a host in the next line, and perhaps another number in a third */
	LK_OWNER_BORG_ROSTER, /* one owner in the JSON of borg's lock.roster */
	LK_N_OWNER_FORMS,
};

/* What is written in such a form, in words: "process number and host". */
const char *lk_owner_form_words(enum lk_owner_form form);

/* All that may be written. Strings are owned, of arbitrary bytes without NUL; freed by lk_owner_done(). */
struct lk_owner {
	int pid; /* 0: none is written */
	char *host, *user; /* NULL: not written */
	char *path; /* what it locks, where that is written (vim: the file; PostgreSQL: the data directory); NULL */
	int64_t boot_s; /* when its machine was started, seconds since 1970; 0: not written */
	int64_t start_s; /* when the program began, likewise */
	uint64_t pid_ns; /* inode number of its pid namespace; 0: not written */
	bool has_kernel_lock; /* Firefox's "+": it had the kernel lock as well */
	bool modified; /* vim: there are changes that are not in the file yet */
};

/* 0; -ENODATA: it says that there is none (empty, or "0"); -EBADMSG: not of this form. *ret is always valid, and empty after an error.
 * LK_OWNER_NOT_WRITTEN: -ENODATA. */
int lk_owner_parse(enum lk_owner_form form, const char *data, size_t n, struct lk_owner *ret);
void lk_owner_done(struct lk_owner *o);

#endif
