# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/base/alloc.c \
	src/base/alloc.h \
	src/base/arena.c \
	src/base/arena.h \
	src/base/buf.c \
	src/base/buf.h \
	src/base/caps.c \
	src/base/caps.h \
	src/base/cleanup.h \
	src/base/debug.c \
	src/base/debug.h \
	src/base/err.c \
	src/base/err.h \
	src/base/hash.c \
	src/base/hash.h \
	src/base/ints.c \
	src/base/ints.h \
	src/base/io.c \
	src/base/io.h \
	src/base/json.c \
	src/base/json.h \
	src/base/map.c \
	src/base/map.h \
	src/base/sanitize.c \
	src/base/sanitize.h \
	src/base/shell.c \
	src/base/shell.h \
	src/base/text.c \
	src/base/text.h \
	src/base/vec.c \
	src/base/vec.h
