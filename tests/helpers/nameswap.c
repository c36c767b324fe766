/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exchanges two names for as long as it lives: a neighbour who can write to the directory and wants the wrong file to be hit.
 * usage: nameswap A B; prints "ready". It ends with its parent. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXCHANGE 2 /* RENAME_EXCHANGE */
#define PAUSE 20000 /* turns, some microseconds */

int main(int argc, char **argv)
{
	if (argc != 3 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return 2;
	puts("ready");
	fflush(stdout);
	for (;;) {
		syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], EXCHANGE);
		for (volatile int i = 0; i < PAUSE; i++)
			;
	}
}
