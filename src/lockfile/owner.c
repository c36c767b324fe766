/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One reader for each form in which an owner is written. Where the program that wrote it is laxer than what is written here (atoi, strtol),
 * the form that it writes counts: a number that was guessed could accuse another process. */
#include "lockfile/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"

#define PID_MOST 4194304 /* PID_MAX_LIMIT of the kernel */
#define HDB_DIGITS 10 /* FHS 3.0, 5.9 */

struct span {
	const char *s;
	size_t n;
};

/* isspace(3) without the locale. */
static bool is_white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_all_white(struct span t)
{
	while (t.n && is_white(t.s[t.n - 1]))
		t.n--;
	return !t.n;
}

static size_t count_digits(struct span t)
{
	size_t n = 0;

	while (n < t.n && t.s[n] >= '0' && t.s[n] <= '9')
		n++;
	return n;
}

static struct span skip(struct span t, size_t n)
{
	return (struct span){ t.s + n, t.n - n };
}

static struct span until(struct span t, const char *end)
{
	return (struct span){ t.s, (size_t)(end - t.s) };
}

static struct span after(struct span t, const char *at)
{
	return skip(t, (size_t)(at + 1 - t.s));
}

/* -ENODATA: it is 0. */
static int take_pid(struct span t, int *ret)
{
	uint64_t v;

	if (lk_text_u64(t.s, t.n, 10, &v) < 0 || v > PID_MOST)
		return -EBADMSG;
	*ret = (int)v;
	return v ? 0 : -ENODATA;
}

/* Milliseconds fit an int64_t as well. */
static int take_seconds(struct span t, int64_t *ret)
{
	uint64_t v;

	if (lk_text_u64(t.s, t.n, 10, &v) < 0 || v > INT64_MAX / 1000)
		return -EBADMSG;
	*ret = (int64_t)v;
	return 0;
}

/* NULL for an empty string. */
static int take_string(struct span t, char **ret)
{
	if (!t.n)
		return 0;
	if (memchr(t.s, 0, t.n))
		return -EBADMSG;
	*ret = lk_strndup(t.s, t.n);
	return 0;
}

/* A host must be there: without one the number would be taken for a process of this machine. */
static int take_host_pid(struct span host, struct span pid, struct lk_owner *o)
{
	int rc = host.n ? take_string(host, &o->host) : -EBADMSG;

	return rc < 0 ? rc : take_pid(pid, &o->pid);
}

/* The host ends a file: it is one word, and white space or the NUL of a C string may follow. */
static int take_pid_last_host(struct span pid, struct span host, struct lk_owner *o)
{
	while (host.n && (is_white(host.s[host.n - 1]) || !host.s[host.n - 1]))
		host.n--;
	for (size_t i = 0; i < host.n; i++) {
		if (is_white(host.s[i]))
			return -EBADMSG;
	}
	return take_host_pid(host, pid, o);
}

/* Digits after blanks; *rest begins behind them. */
static struct span take_first_number(struct span *rest)
{
	struct span t = *rest;

	while (t.n && (*t.s == ' ' || *t.s == '\t'))
		t = skip(t, 1);
	*rest = skip(t, count_digits(t));
	return until(t, rest->s);
}

/* "      1234\n": xorg-server os/utils.c; "1234\0": shadow lib/commonio.c. With other words behind it, it is a note of somebody's. */
static int read_pid(struct span t, struct lk_owner *o)
{
	struct span pid = take_first_number(&t);

	while (t.n && *t.s != '\n' && is_white(*t.s))
		t = skip(t, 1);
	if (t.n && *t.s && *t.s != '\n')
		return -EBADMSG;
	return take_pid(pid, &o->pid);
}

/* In the machine's own order of bytes. Four bytes of text are more than any pid. */
static int read_binary_pid(struct span t, struct lk_owner *o)
{
	uint32_t v;

	memcpy(&v, t.s, sizeof(v));
	if (v > PID_MOST)
		return -EBADMSG;
	o->pid = (int)v;
	return v ? 0 : -ENODATA;
}

/* "      1234\n": FHS 3.0 5.9, uucico; "      1234 minicom root\n": minicom src/main.c; "\xd2\x04\0\0": UUCP older than HDB, and what
 * pppd(8) and lockdev(3) read besides. */
static int read_uucp(struct span t, struct lk_owner *o)
{
	struct span rest = t, pid = take_first_number(&rest);

	if (t.n == sizeof(uint32_t))
		return read_binary_pid(t, o);
	if (rest.s - t.s != HDB_DIGITS || !rest.n || !is_white(*rest.s))
		return -EBADMSG;
	return take_pid(pid, &o->pid);
}

/* "      1234\nhost\n": GnuPG common/dotlock.c; "1234 host": git builtin/gc.c, lock_repo_for_gc(). */
static int read_pid_host(struct span t, struct lk_owner *o)
{
	struct span pid = take_first_number(&t);

	if (!t.n || !is_white(*t.s))
		return -EBADMSG;
	while (t.n && is_white(*t.s))
		t = skip(t, 1);
	return take_pid_last_host(pid, t, o);
}

/* "1234:host": dovecot src/lib/file-dotlock.c, read_local_pid(). */
static int read_pid_colon_host(struct span t, struct lk_owner *o)
{
	const char *colon = memchr(t.s, ':', t.n);

	return colon ? take_pid_last_host(until(t, colon), after(t, colon), o) : -EBADMSG;
}

/* "1234\n": liblockfile lockfile.c, lockfile_create_save_tmplink(); "0": procmail src/lockfile.c; Dovecot's as above. */
static int read_mail(struct span t, struct lk_owner *o)
{
	return memchr(t.s, ':', t.n) ? read_pid_colon_host(t, o) : read_pid(t, o);
}

/* "my-host-1234", the last '-' counts: Chromium chrome/common/process_singleton_lock_posix.cc. */
static int read_host_pid(struct span t, struct lk_owner *o)
{
	const char *dash = memrchr(t.s, '-', t.n);

	return dash ? take_host_pid(until(t, dash), after(t, dash), o) : -EBADMSG;
}

/* "127.0.1.1:+1234", the first ':' counts: Firefox toolkit/profile/nsProfileLock.cpp, LockWithSymlink(). */
static int read_address_pid(struct span t, struct lk_owner *o)
{
	const char *colon = memchr(t.s, ':', t.n);
	struct span pid;

	if (!colon)
		return -EBADMSG;
	pid = after(t, colon);
	o->has_kernel_lock = pid.n && *pid.s == '+';
	return take_host_pid(until(t, colon), skip(pid, o->has_kernel_lock), o);
}

/* "my-host-1234-140361301518144-1795960717.179596", the last three '-' count: ccache src/util/LockFile.cpp, do_acquire(). */
static int read_ccache(struct span t, struct lk_owner *o)
{
	for (int i = 0; i < 2; i++) {
		const char *dash = memrchr(t.s, '-', t.n);

		if (!dash || !after(t, dash).n)
			return -EBADMSG;
		t = until(t, dash);
	}
	return read_host_pid(t, o);
}

/* "host@3281355014145": borg platform/base.py, hostid. BORG_HOST_ID can be anything else, which cannot be compared with a host's name. */
static int take_borg_host_pid(struct span id, struct span pid, struct lk_owner *o)
{
	const char *at = memrchr(id.s, '@', id.n);
	struct span number;

	if (!at)
		return -EBADMSG;
	number = after(id, at);
	return number.n && count_digits(number) == number.n ? take_host_pid(until(id, at), pid, o) : -EBADMSG;
}

/* "host@3281355014145.1234-0", the last '.' and then the first '-' count; behind it stands the thread, always 0: borg locking.py,
 * ExclusiveLock. */
static int read_borg(struct span t, struct lk_owner *o)
{
	const char *dot = memrchr(t.s, '.', t.n), *dash;
	struct span pid;

	if (!dot)
		return -EBADMSG;
	pid = after(t, dot);
	dash = memchr(pid.s, '-', pid.n);
	if (!dash || !after(pid, dash).n)
		return -EBADMSG;
	return take_borg_host_pid(until(t, dot), until(pid, dash), o);
}

/* {"shared": [["host@3281355014145", 1234, 0]]}: borg locking.py, LockRoster. Several owners are of no form. */
static int read_borg_roster(struct span t, struct lk_owner *o)
{
	const char *begin = memmem(t.s, t.n, "[[\"", 3), *end, *comma;
	struct span id, pid;

	if (!begin)
		return *t.s == '{' && t.s[t.n - 1] == '}' ? -ENODATA : -EBADMSG;
	id = skip(t, (size_t)(begin + 3 - t.s));
	end = memmem(id.s, id.n, "\", ", 3);
	if (!end || memchr(id.s, '\\', (size_t)(end - id.s)))
		return -EBADMSG;
	pid = skip(id, (size_t)(end + 3 - id.s));
	comma = memchr(pid.s, ',', pid.n);
	if (!comma || memmem(comma, (size_t)(t.s + t.n - comma), "[\"", 2))
		return -EBADMSG;
	return take_borg_host_pid(until(id, end), until(pid, comma), o);
}

/* "user@my.host.1234:1700000000", the last '@' and then the last '.' count: Emacs src/filelock.c, current_lock_owner(). */
static int read_emacs(struct span t, struct lk_owner *o)
{
	static const char cifs_colon[] =
		"\357\200\242"; /* U+F022, which cifs has made of ':' in links; Emacs takes it */
	const char *at = memrchr(t.s, '@', t.n), *dot;
	struct span host, pid, boot;
	int rc = 0;

	dot = at ? memrchr(at, '.', (size_t)(t.s + t.n - at)) : NULL;
	if (!dot || take_string(until(t, at), &o->user) < 0)
		return -EBADMSG;
	host = until(after(t, at), dot);
	boot = after(t, dot);
	pid = until(boot, boot.s + count_digits(boot));
	boot = skip(boot, pid.n);
	if (!boot.n && host.n == 4 && memcmp(host.s, "here", 4) == 0)
		return take_pid(pid, &o->pid); /* joe b.c, lock_it(): where it does not know the host */
	if (boot.n && *boot.s == ':')
		rc = take_seconds(skip(boot, 1), &o->boot_s);
	else if (boot.n > 3 && memcmp(boot.s, cifs_colon, 3) == 0)
		rc = take_seconds(skip(boot, 3), &o->boot_s);
	else if (boot.n)
		rc = -EBADMSG;
	return rc < 0 ? rc : take_host_pid(host, pid, o);
}

/* "host/f00000ab:1234", the first ':' counts: Mercurial mercurial/lock.py, _getlockprefix() and _testlock(). */
static int read_hg(struct span t, struct lk_owner *o)
{
	const char *colon = memchr(t.s, ':', t.n), *slash;
	struct span host, ns;

	if (!colon)
		return -EBADMSG;
	host = until(t, colon);
	slash = memrchr(host.s, '/', host.n);
	if (slash) {
		ns = after(host, slash);
		if (lk_text_u64(ns.s, ns.n, 16, &o->pid_ns) < 0 || !o->pid_ns)
			return -EBADMSG;
		host = until(host, slash);
	}
	return take_host_pid(host, after(t, colon), o);
}

/* A line that is not cut off. */
static bool take_line(struct span *rest, struct span *ret)
{
	const char *end = memchr(rest->s, '\n', rest->n);

	if (!end)
		return false;
	*ret = until(*rest, end);
	*rest = after(*rest, end);
	return true;
}

/* "1234\n/var/lib/postgresql\n1700000000\n5432\n": PostgreSQL miscinit.c, CreateLockFile(); "-1234" is a backend without a postmaster. */
static int read_postmaster(struct span t, struct lk_owner *o)
{
	struct span pid, dir, start;
	int rc;

	if (!take_line(&t, &pid) || !take_line(&t, &dir) || !take_line(&t, &start))
		return -EBADMSG;
	if (pid.n && *pid.s == '-')
		pid = skip(pid, 1);
	rc = take_string(dir, &o->path);
	if (rc == 0)
		rc = take_seconds(start, &o->start_s);
	return rc < 0 ? rc : take_pid(pid, &o->pid);
}

/* struct block0 of vim's memline.c: where its members are, and their sizes. */
enum {
	VIM_PID = 24, /* b0_pid, least byte first on every machine: long_to_char() */
	VIM_USER = 28,
	VIM_USER_SIZE = 40,
	VIM_HOST = 68,
	VIM_HOST_SIZE = 40,
	VIM_FILE = 108,
	VIM_FILE_SIZE = 890, /* B0_FNAME_SIZE_CRYPT; what follows up to 900 are other things */
	VIM_DIRTY = VIM_FILE + 899,
	VIM_END,
	VIM_IS_DIRTY = 0x55,
};

/* As vim has it, a name that is not ended in its member makes the block a damaged one. */
static int take_vim_name(struct span t, size_t from, size_t size, char **ret)
{
	const char *s = t.s + from, *end = memchr(s, 0, size);

	return end ? take_string((struct span){ s, (size_t)(end - s) }, ret) : -EBADMSG;
}

/* "b0VIM 9.0\0...": vim src/memline.c, struct block0 and ml_check_b0_id(); "bc", "bC", "bd", "bS" when the text is encrypted. The pid is 0
 * where vim does not know it. A file of the user's home is written "~user/file"; the host is cut to 39 bytes. */
static int read_vim(struct span t, struct lk_owner *o)
{
	const unsigned char *pid;
	uint32_t v;
	int rc;

	if (t.n < VIM_END || t.s[0] != 'b' || !t.s[1] || !strchr("0cCdS", t.s[1]))
		return -EBADMSG;
	pid = (const unsigned char *)t.s + VIM_PID;
	v = pid[0] | (uint32_t)pid[1] << 8 | (uint32_t)pid[2] << 16 | (uint32_t)pid[3] << 24;
	if (v > PID_MOST)
		return -EBADMSG;
	o->pid = (int)v;
	o->modified = t.s[VIM_DIRTY] == VIM_IS_DIRTY;
	rc = take_vim_name(t, VIM_USER, VIM_USER_SIZE, &o->user);
	if (rc == 0)
		rc = take_vim_name(t, VIM_HOST, VIM_HOST_SIZE, &o->host);
	return rc < 0 ? rc : take_vim_name(t, VIM_FILE, VIM_FILE_SIZE, &o->path);
}

/* One field that `end` ends, without its escapes. */
static int take_field(struct span *rest, char end, lk_buf *ret)
{
	struct span t = *rest;

	ret->n = 0;
	for (; t.n && *t.s != ',' && *t.s != ';'; t = skip(t, 1)) {
		if (*t.s == '\\') {
			t = skip(t, 1);
			if (!t.n || (*t.s != ',' && *t.s != ';' && *t.s != '\\'))
				return -EBADMSG;
		}
		*lk_vec_push(ret) = *t.s;
	}
	if (!t.n || *t.s != end)
		return -EBADMSG;
	*rest = skip(t, 1);
	return 0;
}

/* "Real Name,user,host,24.12.2025 18:00,file:///profile;": LibreOffice svl/source/misc/lockfilecommon.cxx, ParseEntry(). It has no pid; the
 * time is when the document was opened, by a clock of unknown zone. The real name is often missing, and is no name of an account. */
static int read_office(struct span t, struct lk_owner *o)
{
	char **const to[] = { NULL, &o->user, &o->host, NULL, NULL };
	const size_t n = sizeof(to) / sizeof(*to);
	lk_buf field = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = take_field(&t, i + 1 < n ? ',' : ';', &field);
		if (rc == 0 && to[i])
			rc = take_string((struct span){ field.v, field.n }, to[i]);
	}
	lk_vec_done(&field);
	return rc;
}

/* Of the length that the first byte says, in some character set: LibreOffice svl/source/misc/msodocumentlockfile.cxx. */
static int read_msoffice(struct span t, struct lk_owner *o)
{
	enum { WORD_SIZE = 162, OTHER_SIZE = 165, NAME_MOST = 52 };
	size_t n = t.n ? (unsigned char)*t.s : 0;

	if ((t.n != WORD_SIZE && t.n != OTHER_SIZE) || !n || n > NAME_MOST)
		return -EBADMSG;
	return take_string((struct span){ t.s + 1, n }, &o->user);
}

/* "pid 1234\n": git lockfile.c, create_lock_pid_file(). */
static int read_git(struct span t, struct lk_owner *o)
{
	if (t.n < 4 || memcmp(t.s, "pid ", 4) != 0 || count_digits(skip(t, 4)) == 0)
		return -EBADMSG;
	return read_pid(skip(t, 4), o);
}

/* "1234\nhost\n5678\n": filelock src/filelock/_soft.py, _parse_lock_holder(); "1234\n": shell scripts. */
static int read_filelock(struct span t, struct lk_owner *o)
{
	struct span pid, host, token, rest = t;

	if (!take_line(&rest, &pid) || is_all_white(rest))
		return read_pid(t, o);
	if (!take_line(&rest, &host))
		return -EBADMSG;
	if (rest.n && (!take_line(&rest, &token) || !token.n || count_digits(token) != token.n || rest.n))
		return -EBADMSG;
	return take_pid_last_host(pid, host, o);
}

static int (*const readers[LK_N_OWNER_FORMS])(struct span t, struct lk_owner *o) = {
	[LK_OWNER_PID] = read_pid,
	[LK_OWNER_PID_HOST] = read_pid_host,
	[LK_OWNER_PID_COLON_HOST] = read_pid_colon_host,
	[LK_OWNER_HOST_PID] = read_host_pid,
	[LK_OWNER_ADDRESS_PID] = read_address_pid,
	[LK_OWNER_EMACS] = read_emacs,
	[LK_OWNER_HG] = read_hg,
	[LK_OWNER_POSTMASTER] = read_postmaster,
	[LK_OWNER_VIM] = read_vim,
	[LK_OWNER_OFFICE] = read_office,
	[LK_OWNER_MSOFFICE] = read_msoffice,
	[LK_OWNER_GIT] = read_git,
	[LK_OWNER_BORG] = read_borg,
	[LK_OWNER_CCACHE] = read_ccache,
	[LK_OWNER_FILELOCK] = read_filelock,
	[LK_OWNER_BORG_ROSTER] = read_borg_roster,
	[LK_OWNER_MAIL] = read_mail,
	[LK_OWNER_UUCP] = read_uucp,
};

const char *lk_owner_form_words(enum lk_owner_form form)
{
	static const char *const words[LK_N_OWNER_FORMS] = {
		[LK_OWNER_NOT_WRITTEN] = "nothing about its owner",
		[LK_OWNER_PID] = "process number",
		[LK_OWNER_PID_HOST] = "process number and host",
		[LK_OWNER_PID_COLON_HOST] = "process number and host",
		[LK_OWNER_HOST_PID] = "host and process number",
		[LK_OWNER_ADDRESS_PID] = "address and process number",
		[LK_OWNER_EMACS] = "user, host, process number and time of the boot",
		[LK_OWNER_HG] = "host, pid namespace and process number",
		[LK_OWNER_POSTMASTER] = "process number, directory and time of the start",
		[LK_OWNER_VIM] = "process number, user, host and file",
		[LK_OWNER_OFFICE] = "user and host, no process number",
		[LK_OWNER_MAIL] = "process number, perhaps host",
		[LK_OWNER_UUCP] = "process number",
		[LK_OWNER_MSOFFICE] = "user",
		[LK_OWNER_GIT] = "process number",
		[LK_OWNER_BORG] = "host and process number",
		[LK_OWNER_CCACHE] = "host and process number",
		[LK_OWNER_FILELOCK] = "process number, perhaps host",
		[LK_OWNER_BORG_ROSTER] = "hosts and process numbers",
	};

	return words[form] ? words[form] : "its owner";
}

int lk_owner_parse(enum lk_owner_form form, const char *data, size_t n, struct lk_owner *ret)
{
	struct span t = { data, n };
	int rc;

	*ret = (struct lk_owner){ 0 };
	if (!readers[form] || is_all_white(t))
		return -ENODATA;
	rc = readers[form](t, ret);
	if (rc < 0)
		lk_owner_done(ret);
	return rc;
}

void lk_owner_done(struct lk_owner *o)
{
	free(o->host);
	free(o->user);
	free(o->path);
	*o = (struct lk_owner){ 0 };
}
