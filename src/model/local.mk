# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/model/build.c \
	src/model/build.h \
	src/model/build_private.h \
	src/model/deadlock.c \
	src/model/deadlock.h \
	src/model/diff.c \
	src/model/diff.h \
	src/model/diff_match.c \
	src/model/diff_private.h \
	src/model/explain.c \
	src/model/files.c \
	src/model/forest.c \
	src/model/forest.h \
	src/model/graph.c \
	src/model/graph.h \
	src/model/group.c \
	src/model/join.c \
	src/model/order.c \
	src/model/relate.c \
	src/model/relate.h \
	src/model/snapshot.c \
	src/model/snapshot.h \
	src/model/unit.c \
	src/model/unit.h \
	src/model/waiters.c
