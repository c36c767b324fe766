# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/words/forest.c \
	src/words/forest.h \
	src/words/waits.c \
	src/words/waits.h \
	src/words/words.c \
	src/words/words.h
