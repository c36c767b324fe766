/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/debug.h"
#include "base/io.h"

static char path[] = "/tmp/lockscope-debug-XXXXXX";
static lk_buf written;

static void ask_for(const char *parts)
{
	close(mkstemp(path));
	setenv("LOCKSCOPE_DEBUG_FILE", path, 1);
	setenv("LOCKSCOPE_DEBUG", parts, 1);
}

static const char *what_is_written(void)
{
	lk_io_read_at(-1, path, 1 << 16, &written);
	unlink(path);
	return lk_buf_str(&written);
}

Test(debug, nothing_unless_asked_for)
{
	unsetenv("LOCKSCOPE_DEBUG");
	cr_assert_not(lk_debug_is_on(LK_DEBUG_SCAN));
	cr_assert_eq(lk_debug_fd(), -1);
	lk_debug(LK_DEBUG_SCAN, "%s", "x");
}

Test(debug, only_what_was_asked_for)
{
	const char *s;

	ask_for("scan,nonsense,act");
	errno = ENOTTY;
	lk_debug(LK_DEBUG_SCAN, "one %d", 1);
	lk_debug(LK_DEBUG_BPF, "two");
	lk_debug(LK_DEBUG_ACT, "three");
	cr_assert_eq(errno, ENOTTY);
	cr_assert(lk_debug_is_on(LK_DEBUG_ACT) && !lk_debug_is_on(LK_DEBUG_TUI) && lk_debug_fd() >= 3);
	s = what_is_written();
	cr_assert(strstr(s, "one 1\n") && strstr(s, "three\n") && !strstr(s, "two"), "%s", s);
}

Test(debug, all_and_nothing_that_a_terminal_obeys)
{
	const char *s;

	ask_for("all");
	lk_debug(LK_DEBUG_TUI, "a\x1b[31mb\nc");
	s = what_is_written();
	cr_assert(strstr(s, "a\\x1b[31mb\\x0ac\n"), "%s", s);
}
