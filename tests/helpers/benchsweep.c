/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The least that anything must do which asks every open file on the machine for its locks through proc(5): opens, reads and closes
 * every fdinfo, one after the other, and throws away what it read. A yardstick for `make bench`. */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buf[65536];
static size_t n_fds, n_locked;

static void sweep_fd(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	n_fds += got >= 0;
	n_locked += got > 0 && memmem(buf, (size_t)got, "\nlock:", 6) != NULL;
	while (got == (ssize_t)sizeof(buf))
		got = read(fd, buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
}

static void sweep_process(int procfd, const char *pid)
{
	char name[300];
	struct dirent *e;
	DIR *d;
	int fd;

	snprintf(name, sizeof(name), "%s/fdinfo", pid);
	fd = openat(procfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	while (d && (e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			sweep_fd(fd, e->d_name);
	}
	if (d)
		closedir(d);
}

int main(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	if (!d)
		err(1, "/proc");
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
			sweep_process(dirfd(d), e->d_name);
	}
	closedir(d);
	printf("%zu descriptors, %zu of them with locks\n", n_fds, n_locked);
	return 0;
}
