/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in command lines: as they look, and as shells read them. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/shell.h"

static void quotes(const char *bytes, const char *expected)
{
	lk_buf out = { 0 };

	lk_shell_quote(bytes, false, &out);
	cr_expect_str_eq(lk_buf_str(&out), expected);
	lk_vec_done(&out);
}

Test(shell, words)
{
	quotes("/srv/a-b_1.db", "/srv/a-b_1.db");
	quotes("/srv/a b", "'/srv/a b'");
	quotes("/srv/$(reboot);`id`", "'/srv/$(reboot);`id`'");
	quotes("it's", "'it'\\''s'");
	quotes("-n\t", "\"$(printf '\\055n\\011')\"");
	quotes("=ls", "'=ls'");
	quotes("a\\b", "\"$(printf 'a\\134b')\"");
	quotes("a\nb\033!'%", "\"$(printf 'a\\012b\\033\\041\\047\\045')\"");
	quotes("\303\244", "\"$(printf '\\303\\244')\"");
	quotes("x'; touch /tmp/y; #\n", "$'x\\x27\\x3b touch /tmp/y\\x3b \\x23\\x0a'");
	quotes("", "''");
}

/* What the shell passes on as its first argument; false: it is not installed. */
static bool read_back(const char *const *shell, const char *word, lk_buf *ret)
{
	lk_buf script = { 0 };
	int out[2], status;
	pid_t pid;

	lk_buf_printf(&script, "printf %%s. %s", word);
	cr_assert(lk_buf_str(&script) && pipe2(out, O_CLOEXEC) == 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		const char *argv[] = { shell[0], shell[1] ? shell[1] : "-c", shell[1] ? "-c" : script.v, NULL, NULL };

		argv[3] = shell[1] ? script.v : NULL;
		dup2(out[1], 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(out[1]);
	cr_assert_eq(lk_io_read_fd(out[0], 65536, ret), 0);
	close(out[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	lk_vec_done(&script);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return false;
	cr_assert(status == 0, "%s: %s", shell[0], word);
	return true;
}

/* Mostly what shells find special; no NUL, and no newline at the end for those that have no $'...'. */
static void random_name(char *name, size_t size, bool dollar_quotes)
{
	static const char odd[] = "'\"\\$`!;&|<>(){}[]*?~#=%^ \t\n\r\033\177abc01xn/";
	size_t n = 1 + (size_t)rand() % (size - 1);

	for (size_t i = 0; i < n; i++)
		name[i] = (char)(rand() % 4 ? odd[(size_t)rand() % (sizeof(odd) - 1)] : 1 + rand() % 255);
	if (!dollar_quotes && name[n - 1] == '\n')
		name[n - 1] = '\'';
	name[n] = 0;
}

Test(shell, every_shell_reads_names_back)
{
	static const char *const shells[][2] = {
		{ "sh", NULL },  { "dash", NULL },    { "bash", NULL },
		{ "zsh", "-f" }, { "busybox", "sh" }, { "ksh", NULL },
	};

	srand(1);
	for (size_t k = 0; k < sizeof(shells) / sizeof(*shells); k++) {
		bool dollar_quotes = strcmp(shells[k][0], "sh") != 0 && strcmp(shells[k][0], "dash") != 0;

		for (int i = 0; i < 300; i++) {
			char name[40];
			lk_buf word = { 0 }, got = { 0 };
			bool is_there;

			random_name(name, sizeof(name), dollar_quotes);
			lk_shell_quote(name, i & 1, &word);
			is_there = read_back(shells[k], lk_buf_str(&word), &got);
			if (is_there)
				cr_assert(got.n == strlen(name) + 1 && memcmp(got.v, name, got.n - 1) == 0,
					  "%s reads %s as %s", shells[k][0], word.v, lk_buf_str(&got));
			lk_vec_done(&word);
			lk_vec_done(&got);
			if (!is_there)
				break;
		}
	}
}
