/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/readonly.h"

#include "cli/privilege.h"

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
	if (lk_privilege_is_lent()) {
		lk_say("'%s' is refused: this program was given rights that its caller does not have, and only looks then",
		       what);
		return LK_STATUS_REFUSED;
	}
	lk_say("'%s' is refused: %s asks for readonly", what, cli->conf.read_only ? LK_CONF_PATH : "--readonly");
	return LK_STATUS_REFUSED;
}
