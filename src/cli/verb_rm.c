/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/file_act.h"
#include "cli/privilege.h"

static enum lk_status run(const struct lk_cli *cli)
{
	return lk_file_act(cli, "Delete it?");
}

const struct lk_verb lk_verb_rm = {
	.name = "rm",
	.args = "FILE",
	.brief = "delete a file, knowing who uses it",
	.text = "Shows who holds locks on the FILE, waits for it and uses it, asks, and deletes the name. It is refused while the FILE is\n"
		"locked or in proven use, unless --even-if-used is given. So it is while\n"
		"processes that may use it do not answer, unless --even-if-unknown is given; those that you may not look into are a\n"
		"warning only.\n"
		"\n"
		"Deleting a lock file does not release the lock: who holds it keeps it, on a file without a name. A symbolic link is\n"
		"deleted itself, not what it points to; directories are refused. The name is deleted only if it still leads to the\n"
		"file that was shown.\n"
		"\n"
		"--signal or --release goes first: it ends or disarms the holders, with a plan of its own.\n"
		"\n"
		"The exit status is 0 if it was deleted, 4 if it was left alone because it cannot be told whether it is\n"
		"used, 5 if it was refused, not confirmed or the FILE changed meanwhile, 2 for errors.",
	.options = LK_OPTIONS_ACT | LK_OPTIONS_FILE_ACT,
	.min_args = 1,
	.max_args = 1,
	.changes = true,
	.privileges = LK_PRIVILEGE_FILES | LK_PRIVILEGE_SIGNAL | LK_PRIVILEGE_RELEASE | LK_PRIVILEGE_USES,
	.run = run,
};
