/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope-bound release of fds, FILEs, DIRs and heap memory (gcc and clang "cleanup"). */
#ifndef LK_BASE_CLEANUP_H
#define LK_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void lk_cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void lk_cleanup_mem(void *p)
{
	free(*(void **)p);
}

static inline void lk_cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void lk_cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define lk_auto_fd __attribute__((cleanup(lk_cleanup_fd))) int
#define lk_auto_mem __attribute__((cleanup(lk_cleanup_mem)))
#define lk_auto_file __attribute__((cleanup(lk_cleanup_file))) FILE
#define lk_auto_dir __attribute__((cleanup(lk_cleanup_dir))) DIR

#endif
