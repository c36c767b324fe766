/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives up capabilities, and refuses what --readonly forbids. */
#include "cli/privilege.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/caps.h"

#define READ (LK_CAP(CAP_DAC_READ_SEARCH) | LK_CAP(CAP_SYS_PTRACE) | LK_CAP(CAP_BPF) | LK_CAP(CAP_PERFMON))
/* CAP_CHECKPOINT_RESTORE: to look into /proc/PID/map_files. */
#define LOOK (READ | LK_CAP(CAP_CHECKPOINT_RESTORE))
#define WRITE (LK_CAP(CAP_DAC_OVERRIDE) | LK_CAP(CAP_FOWNER))

static const struct {
	enum lk_privilege privilege;
	uint64_t effective, permitted; /* usable at once; and only after lk_caps_raise() */
} needs[] = {
	{ LK_PRIVILEGE_SIGNAL, LK_CAP(CAP_KILL), 0 },
	/* CAP_SYS_ADMIN to suspend a seccomp filter, ptrace(2) PTRACE_O_SUSPEND_SECCOMP. */
	{ LK_PRIVILEGE_RELEASE, LK_CAP(CAP_SYS_ADMIN) | LK_CAP(CAP_LEASE), 0 },
	/* CAP_SYS_RESOURCE for the blocks that a file system reserves for root. */
	{ LK_PRIVILEGE_FILES, WRITE | LK_CAP(CAP_SYS_RESOURCE), 0 },
	{ LK_PRIVILEGE_LEASE, LK_CAP(CAP_LEASE), 0 },
	{ LK_PRIVILEGE_USES, 0, LK_CAP(CAP_SYS_ADMIN) },
};

bool lk_privilege_is_lent(void)
{
	return getauxval(AT_SECURE) != 0;
}

enum lk_status lk_privilege_begin(void)
{
	/* Variables that tell libraries where to look for files. */
	static const char *const names[] = { "HOME", "XDG_CONFIG_HOME", "TERMINFO", "TERMINFO_DIRS", "TERMCAP" };

	if (getuid() != geteuid() || getgid() != getegid()) {
		lk_say("refused: this program is not made to be set-user-ID or set-group-ID; run it as the user whose "
		       "rights it shall have, with sudo(8) or su(1)");
		return LK_STATUS_REFUSED;
	}
	for (size_t i = 0; lk_privilege_is_lent() && i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
	return 0;
}

static int failed(int rc, struct lk_err *err)
{
	return rc < 0 ? lk_err_set(err, rc, "cannot give up capabilities: %s", strerror(-rc)) : 0;
}

static int start_no_programs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int lk_privilege_look_only(struct lk_err *err)
{
	int rc = lk_caps_limit(READ, READ);

	return failed(rc < 0 ? rc : start_no_programs(), err);
}

static unsigned privileges_of(const struct lk_cli *cli)
{
	unsigned p = cli->verb->privileges;

	/* `test` needs to open the FILE only with these options, `rm` and `mv` need signals and releases only if they are asked for. */
	if (cli->verb->takes_command && (cli->command || cli->act.acquire || cli->act.hold_ms || cli->act.confirm))
		p |= LK_PRIVILEGE_FILES;
	if (cli->verb->options & LK_OPTIONS_FILE_ACT && !cli->release_first && !cli->act.steps.n)
		p &= ~(unsigned)(LK_PRIVILEGE_SIGNAL | LK_PRIVILEGE_RELEASE);
	if (!cli->only_stale)
		p &= ~(unsigned)LK_PRIVILEGE_LEASE;
	return p;
}

int lk_privilege_limit(const struct lk_cli *cli, struct lk_err *err)
{
	uint64_t effective = LOOK, permitted;
	unsigned p = privileges_of(cli);
	int rc;

	/* A capture or another /proc tree is read with the rights of the caller only. */
	if (lk_privilege_is_lent() && (cli->from || cli->proc))
		return failed(lk_caps_limit(0, 0), err);
	if (cli->read_only)
		return lk_privilege_look_only(err);
	permitted = cli->output ? WRITE : 0;
	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++) {
		if (p & needs[i].privilege) {
			effective |= needs[i].effective;
			permitted |= needs[i].permitted;
		}
	}
	/* Nothing is given up for good: the COMMAND gets the capabilities that the caller has. */
	if (cli->command)
		return failed(lk_caps_lower(effective), err);
	rc = lk_caps_limit(effective, effective | permitted);
	return failed(rc < 0 ? rc : start_no_programs(), err);
}

uint64_t lk_privilege_output_begin(void)
{
	uint64_t before;

	if (!lk_privilege_is_lent())
		return lk_caps_raise(WRITE);
	before = lk_caps_effective();
	lk_caps_lower(0);
	return before;
}

void lk_privilege_output_end(uint64_t before)
{
	if (lk_privilege_is_lent())
		lk_caps_raise(before);
	else
		lk_caps_lower(before);
}

enum lk_status lk_privilege_refuse(const struct lk_cli *cli, const char *what)
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
	if (lk_privilege_is_lent()) {
		lk_say("'%s' is refused: this program was given rights that its caller does not have, and only looks then",
		       what);
		return LK_STATUS_REFUSED;
	}
	lk_say("'%s' is refused: %s asks for readonly", what, cli->conf.read_only ? LK_CONF_PATH : "--readonly");
	return LK_STATUS_REFUSED;
}
