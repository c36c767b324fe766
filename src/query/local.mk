# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/query/lockfiles.c \
	src/query/lockfiles.h \
	src/query/metrics.c \
	src/query/metrics.h \
	src/query/session.c \
	src/query/session.h \
	src/query/test.c \
	src/query/test.h \
	src/query/waits.c \
	src/query/waits.h \
	src/query/who.c \
	src/query/who.h \
	src/query/who_beside.c \
	src/query/who_lockfile.c
