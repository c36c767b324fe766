# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/record/blocked.c \
	src/record/blocked.h \
	src/record/maps.c \
	src/record/maps.h \
	src/record/parse.c \
	src/record/parse.h \
	src/record/range.c \
	src/record/range.h \
	src/record/record.c \
	src/record/record.h \
	src/record/word.c \
	src/record/word.h
