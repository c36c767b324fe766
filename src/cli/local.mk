# SPDX-License-Identifier: GPL-2.0-or-later
lockscope_SOURCES += \
	src/cli/main.c
libcli_a_SOURCES += \
	src/cli/act.c \
	src/cli/act.h \
	src/cli/conf.c \
	src/cli/conf.h \
	src/cli/events.c \
	src/cli/events.h \
	src/cli/help.c \
	src/cli/help.h \
	src/cli/name_watch.c \
	src/cli/name_watch.h \
	src/cli/option.c \
	src/cli/option.h \
	src/cli/option_table.c \
	src/cli/option_value.c \
	src/cli/out.c \
	src/cli/out.h \
	src/cli/out_cell.c \
	src/cli/out_cell.h \
	src/cli/out_file.c \
	src/cli/out_file.h \
	src/cli/out_json.c \
	src/cli/out_json.h \
	src/cli/out_json_answer.c \
	src/cli/out_json_private.h \
	src/cli/out_map.c \
	src/cli/out_map.h \
	src/cli/out_metrics.c \
	src/cli/out_metrics.h \
	src/cli/out_table.c \
	src/cli/print.c \
	src/cli/print.h \
	src/cli/privilege.c \
	src/cli/privilege.h \
	src/cli/select.c \
	src/cli/select.h \
	src/cli/session.c \
	src/cli/session.h \
	src/cli/settings.c \
	src/cli/settings_check.c \
	src/cli/settings.h \
	src/cli/settings_file.c \
	src/cli/status.c \
	src/cli/status.h \
	src/cli/verb.c \
	src/cli/verb.h \
	src/cli/verb_capture.c \
	src/cli/verb_completion.c \
	src/cli/verb_list.c \
	src/cli/verb_lockfiles.c \
	src/cli/verb_map.c \
	src/cli/verb_metrics.c \
	src/cli/verb_release.c \
	src/cli/verb_screen.c \
	src/cli/verb_signal.c \
	src/cli/verb_rm_mv.c \
	src/cli/verb_test.c \
	src/cli/verb_wait.c \
	src/cli/verb_waits.c \
	src/cli/verb_watch.c \
	src/cli/verb_who.c \
	src/cli/waits_tree.c \
	src/cli/waits_tree.h \
	src/cli/who_print.c \
	src/cli/who_print.h
dist_pkgdata_DATA += \
	src/cli/lockscope-1.schema.json
