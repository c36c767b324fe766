# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/lockfile/kinds.c \
	src/lockfile/kinds.h
