/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/readonly.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/capability.h; older headers lack the last two. */
#define CAPS_KEPT \
	(UINT64_C(1) << CAP_DAC_READ_SEARCH | UINT64_C(1) << CAP_SYS_PTRACE | UINT64_C(1) << 38 | UINT64_C(1) << 39)

int lk_readonly_enter(struct lk_err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	int rc = 0;

	if (syscall(SYS_capget, &head, data) < 0)
		rc = -errno;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t kept = (uint32_t)(CAPS_KEPT >> (32 * i));

		data[i].effective &= kept;
		data[i].permitted &= kept;
		/* What a program started from here would get. */
		data[i].inheritable = 0;
	}
	if (!rc && syscall(SYS_capset, &head, data) < 0)
		rc = -errno;
	return rc ? lk_err_set(err, rc, "cannot give up capabilities: %s", strerror(-rc)) : 0;
}

enum lk_status lk_readonly_check(const struct lk_cli *cli, const char *what)
{
	if (cli->conf.doubtful) {
		lk_say("'%s' is refused as long as %s cannot be understood, because it may ask for readonly", what,
		       LK_CONF_PATH);
		return LK_STATUS_ERROR;
	}
	if (cli->from || cli->proc) {
		lk_say("'%s' is refused: this is %s, not the running machine", what,
		       cli->from ? "a capture" : "another /proc tree");
		return LK_STATUS_REFUSED;
	}
	if (!cli->read_only)
		return 0;
	lk_say("'%s' is refused: %s asks for readonly", what, cli->conf.read_only ? LK_CONF_PATH : "--readonly");
	return LK_STATUS_REFUSED;
}
