/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Owners of lock files. The first byte chooses the form; the rest is the content of the file, or the target of the link. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "lockfile/owner.h"

static bool is_empty(const struct lk_owner *o)
{
	return !o->pid && !o->host && !o->user && !o->path && !o->boot_s && !o->start_s && !o->pid_ns &&
	       !o->has_kernel_lock && !o->modified;
}

/* It stands in the data as it is; of LibreOffice there are escapes, which make it shorter. */
static void check_string(const char *s, enum lk_owner_form form, const char *data, size_t n)
{
	size_t len = s ? strlen(s) : 0;

	if (!s)
		return;
	LK_FUZZ_MUST(len && len <= n);
	LK_FUZZ_MUST(form == LK_OWNER_OFFICE || memmem(data, n, s, len));
}

static void check_members(const struct lk_owner *o, enum lk_owner_form form)
{
	bool has_host = form == LK_OWNER_PID_HOST || form == LK_OWNER_PID_COLON_HOST || form == LK_OWNER_HOST_PID ||
			form == LK_OWNER_ADDRESS_PID || form == LK_OWNER_HG || form == LK_OWNER_BORG ||
			form == LK_OWNER_CCACHE || form == LK_OWNER_BORG_ROSTER;
	bool may_have_host = has_host || form == LK_OWNER_VIM || form == LK_OWNER_OFFICE || form == LK_OWNER_MAIL ||
			     form == LK_OWNER_EMACS || form == LK_OWNER_FILELOCK;
	bool may_have_no_pid = form == LK_OWNER_VIM || form == LK_OWNER_OFFICE || form == LK_OWNER_MSOFFICE;

	LK_FUZZ_MUST(o->pid >= 0 && o->pid <= 4194304);
	LK_FUZZ_MUST(o->pid || may_have_no_pid);
	LK_FUZZ_MUST(!o->pid || !may_have_no_pid || form == LK_OWNER_VIM);
	LK_FUZZ_MUST(o->host ? may_have_host : !has_host);
	LK_FUZZ_MUST(!o->user || form == LK_OWNER_EMACS || may_have_no_pid);
	LK_FUZZ_MUST(!o->path || form == LK_OWNER_POSTMASTER || form == LK_OWNER_VIM);
	LK_FUZZ_MUST(o->boot_s >= 0 && (!o->boot_s || form == LK_OWNER_EMACS));
	LK_FUZZ_MUST(o->start_s >= 0 && (!o->start_s || form == LK_OWNER_POSTMASTER));
	LK_FUZZ_MUST(!o->pid_ns || form == LK_OWNER_HG);
	LK_FUZZ_MUST(!o->has_kernel_lock || form == LK_OWNER_ADDRESS_PID);
	LK_FUZZ_MUST(!o->modified || form == LK_OWNER_VIM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data + 1;
	enum lk_owner_form form;
	struct lk_owner o;
	int rc;

	if (!size)
		return 0;
	form = (enum lk_owner_form)(data[0] % LK_N_OWNER_FORMS);
	memset(&o, 0x5a, sizeof(o));
	rc = lk_owner_parse(form, s, size - 1, &o);
	LK_FUZZ_MUST(rc == 0 || rc == -ENODATA || rc == -EBADMSG);
	LK_FUZZ_MUST(rc == 0 || is_empty(&o));
	if (rc == 0) {
		check_members(&o, form);
		check_string(o.host, form, s, size - 1);
		check_string(o.user, form, s, size - 1);
		check_string(o.path, form, s, size - 1);
	}
	lk_owner_done(&o);
	LK_FUZZ_MUST(is_empty(&o));
	return 0;
}
