# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/lockfile/columns.c \
	src/lockfile/columns.h \
	src/lockfile/evidence.c \
	src/lockfile/evidence.h \
	src/lockfile/evidence_private.h \
	src/lockfile/evidence_read.c \
	src/lockfile/kinds.c \
	src/lockfile/kinds.h \
	src/lockfile/lockfile.c \
	src/lockfile/lockfile.h \
	src/lockfile/owner.c \
	src/lockfile/owner.h \
	src/lockfile/search.c \
	src/lockfile/search.h \
	src/lockfile/verdict.c \
	src/lockfile/verdict.h
