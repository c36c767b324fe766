# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/table/cell.c \
	src/table/column.c \
	src/table/column.h \
	src/table/filter.c \
	src/table/filter.h \
	src/table/get.c \
	src/table/get.h \
	src/table/known_ranges.c \
	src/table/known_ranges.h \
	src/table/lanes.c \
	src/table/lanes.h \
	src/table/picture.c \
	src/table/picture.h \
	src/table/meaning.c \
	src/table/meaning.h \
	src/table/path_hint.c \
	src/table/path_hint.h \
	src/table/sort.c \
	src/table/sort.h \
	src/table/sqlite.c \
	src/table/sqlite.h \
	src/table/suggest.c \
	src/table/suggest.h
