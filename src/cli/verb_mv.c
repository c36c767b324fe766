/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/file_act.h"
#include "cli/privilege.h"

static enum lk_status run(const struct lk_cli *cli)
{
	return lk_file_act(cli, "Rename it?");
}

const struct lk_verb lk_verb_mv = {
	.name = "mv",
	.args = "FILE NEW",
	.brief = "rename or move a file, knowing who uses it",
	.text = "Shows who holds locks on the FILE, waits for it and uses it, asks, and gives it the name NEW; where NEW is a directory,\n"
		"it is moved there. It is refused while the FILE is locked or in proven use, unless --even-if-used is given.\n"
		"So it is while processes that may use it do not answer, unless --even-if-unknown is given; those that you may not\n"
		"look into are a warning only.\n"
		"\n"
		"Nothing is overwritten, unless --replace is given; then what would be replaced is looked at in the same way. Locks\n"
		"stay with the file. Moving to another file system would be copying, and is refused. A symbolic link is renamed\n"
		"itself. The file is renamed only if the name still leads to the file that was shown.\n"
		"\n"
		"--signal or --release goes first: it ends or disarms the holders, with a plan of its own.\n"
		"\n"
		"The exit status is 0 if it was renamed, 4 if it was left alone because it cannot be told whether it is\n"
		"used, 5 if it was refused, not confirmed or the FILE changed meanwhile, 2 for errors.",
	.options = LK_OPTIONS_ACT | LK_OPTIONS_FILE_ACT | LK_OPTIONS_MV,
	.min_args = 2,
	.max_args = 2,
	.changes = true,
	.privileges = LK_PRIVILEGE_FILES | LK_PRIVILEGE_SIGNAL | LK_PRIVILEGE_RELEASE | LK_PRIVILEGE_USES,
	.run = run,
};
