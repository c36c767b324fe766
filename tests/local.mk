# SPDX-License-Identifier: GPL-2.0-or-later

# Unit tests: one Criterion binary.
LK_UNIT_SOURCES = \
	tests/unit/facts.h \
	tests/unit/file_run.h \
	tests/unit/file_world.h \
	tests/unit/rows.h \
	tests/unit/test_action.c \
	tests/unit/test_alloc.c \
	tests/unit/test_arena.c \
	tests/unit/test_blocked.c \
	tests/unit/test_bpf_dump.c \
	tests/unit/test_bpf_record.c \
	tests/unit/test_bpf_uses.c \
	tests/unit/test_bpf_why.c \
	tests/unit/test_capture.c \
	tests/unit/test_capture_read.c \
	tests/unit/test_cgroup.c \
	tests/unit/test_column.c \
	tests/unit/test_conf.c \
	tests/unit/test_deadlock.c \
	tests/unit/test_debug.c \
	tests/unit/test_diff.c \
	tests/unit/test_err.c \
	tests/unit/test_file_action.c \
	tests/unit/test_file_stale.c \
	tests/unit/test_file_unknown.c \
	tests/unit/test_filter.c \
	tests/unit/test_forest.c \
	tests/unit/test_helper.c \
	tests/unit/test_inject.c \
	tests/unit/test_io.c \
	tests/unit/test_splice.c \
	tests/unit/test_json.c \
	tests/unit/test_json_row.c \
	tests/unit/test_json_writer.c \
	tests/unit/test_known_ranges.c \
	tests/unit/test_lanes.c \
	tests/unit/test_lease.c \
	tests/unit/test_lockfile_columns.c \
	tests/unit/test_lockfile_kinds.c \
	tests/unit/test_lockfile_owner.c \
	tests/unit/test_lockfile_verdict.c \
	tests/unit/test_maps.c \
	tests/unit/test_metrics.c \
	tests/unit/test_cache.c \
	tests/unit/test_mounts.c \
	tests/unit/test_out.c \
	tests/unit/test_parse.c \
	tests/unit/test_parse_proc.c \
	tests/unit/test_probe.c \
	tests/unit/test_range.c \
	tests/unit/test_record.c \
	tests/unit/test_relate.c \
	tests/unit/test_release.c \
	tests/unit/test_sanitize.c \
	tests/unit/test_shell.c \
	tests/unit/test_snapshot.c \
	tests/unit/test_sqlite.c \
	tests/unit/test_text.c \
	tests/unit/test_unit.c \
	tests/unit/test_unread.c \
	tests/unit/test_vec_map.c \
	tests/unit/test_waiters.c \
	tests/unit/test_wire.c \
	tests/unit/test_word.c \
	tests/unit/test_words.c

# Of the screen.
LK_UNIT_TUI_SOURCES = \
	tests/unit/dialog_world.h \
	tests/unit/paper_thread.h \
	tests/unit/screen.h \
	tests/unit/test_tui_canvas.c \
	tests/unit/test_tui_dialog.c \
	tests/unit/test_tui_dialog_file.c \
	tests/unit/test_tui_history.c \
	tests/unit/test_tui_keymap.c \
	tests/unit/test_tui_layout.c \
	tests/unit/test_tui_list.c \
	tests/unit/test_tui_manual.c \
	tests/unit/test_tui_map.c \
	tests/unit/test_tui_prompt.c \
	tests/unit/test_tui_settings.c \
	tests/unit/test_tui_table.c \
	tests/unit/test_tui_text.c \
	tests/unit/test_tui_waits.c \
	tests/unit/test_tui_words.c \
	tests/unit/test_tui_worker.c \
	tests/unit/tui_world.h

if HAVE_CRITERION
check_PROGRAMS += tests/unit/unit
tests_unit_unit_SOURCES = $(LK_UNIT_SOURCES)
if ENABLE_TUI
tests_unit_unit_SOURCES += $(LK_UNIT_TUI_SOURCES)
endif
tests_unit_unit_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_unit_LDADD = $(LK_TUI_LIBS) $(LK_CLI_LIBS) $(CRITERION_LIBS)
else
EXTRA_DIST += $(LK_UNIT_SOURCES) $(LK_UNIT_TUI_SOURCES)
endif

# Plays keys to the screen without a terminal.
if ENABLE_TUI
check_PROGRAMS += tests/tui/script
tests_tui_script_SOURCES = tests/tui/script.c tests/tui/nosys.c tests/tui/nosys.h
tests_tui_script_LDADD = $(LK_TUI_LIBS) $(LK_CLI_LIBS)
endif

# Fuzz targets: libFuzzer programs with --enable-fuzzing; always as programs that replay files. Each is one file and all libraries.
LK_FUZZ_TARGETS = parse range sanitize filter capture mounts cgroup conf bpf wire answers texts model lockfile
LK_FUZZ_TUI_TARGETS = settings keys screen
EXTRA_DIST += \
	$(LK_FUZZ_TARGETS:%=tests/fuzz/fuzz_%.c) \
	$(LK_FUZZ_TUI_TARGETS:%=tests/fuzz/fuzz_%.c) \
	tests/fuzz/corpus \
	tests/fuzz/fuzz.h \
	tests/fuzz/replay.c \
	tests/tui/nosys.c \
	tests/tui/nosys.h
LK_FUZZ_ALL = $(LK_FUZZ_TARGETS)
if ENABLE_TUI
LK_FUZZ_ALL += $(LK_FUZZ_TUI_TARGETS)
else
LK_FUZZ_CONFIGURE = --disable-tui
endif
check_SCRIPTS += $(LK_FUZZ_ALL:%=tests/fuzz/replay_%)
CLEANFILES += $(LK_FUZZ_ALL:%=tests/fuzz/replay_%) $(LK_FUZZ_ALL:%=tests/fuzz/fuzz_%)

LK_FUZZ_DEPS = tests/fuzz/fuzz.h liblockscope.a libcli.a $(LK_TUI_LIBS)
LK_FUZZ_LINK = $(COMPILE) -I$(top_srcdir)/tests/fuzz -I$(top_srcdir) $(AM_LDFLAGS) $(LDFLAGS)
LK_FUZZ_LIBS = $(LK_TUI_LIBS) $(LK_CLI_LIBS) $(LIBS)
tests/fuzz/replay_screen tests/fuzz/fuzz_screen: tests/tui/nosys.c
tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(LK_FUZZ_DEPS)
	@$(MKDIR_P) tests/fuzz
	$(AM_V_CCLD)$(LK_FUZZ_LINK) -o $@ $(filter %.c,$^) $(LK_FUZZ_LIBS)
tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(LK_FUZZ_DEPS)
	@$(MKDIR_P) tests/fuzz
	$(AM_V_CCLD)$(LK_FUZZ_LINK) -fsanitize=fuzzer -o $@ $(filter %.c,$^) $(LK_FUZZ_LIBS)

# Helpers of the live tests hold locks in odd ways; a sanitizer would only get in their way.
LK_LKHELP_SOURCES = \
	tests/helpers/lkhelp.c \
	tests/helpers/lkhelp.h \
	tests/helpers/lkhelp_files.c \
	tests/helpers/lkhelp_procs.c

check_PROGRAMS += tests/helpers/lkhelp tests/helpers/deadfuse
tests_helpers_lkhelp_SOURCES = $(LK_LKHELP_SOURCES)
tests_helpers_lkhelp_CFLAGS = $(LK_CFLAGS) -pthread
tests_helpers_lkhelp_LDFLAGS = $(LK_LDFLAGS) -pthread
tests_helpers_deadfuse_SOURCES = tests/helpers/deadfuse.c
tests_helpers_deadfuse_CFLAGS = $(LK_CFLAGS)
tests_helpers_deadfuse_LDFLAGS = $(LK_LDFLAGS)

# Locks that come and go beside some that stay.
check_PROGRAMS += tests/helpers/lkchurn
tests_helpers_lkchurn_SOURCES = tests/helpers/lkchurn.c
tests_helpers_lkchurn_CFLAGS = $(LK_CFLAGS)
tests_helpers_lkchurn_LDFLAGS = $(LK_LDFLAGS)

# A neighbour who exchanges names.
check_PROGRAMS += tests/helpers/nameswap
tests_helpers_nameswap_SOURCES = tests/helpers/nameswap.c
tests_helpers_nameswap_CFLAGS = $(LK_CFLAGS)
tests_helpers_nameswap_LDFLAGS = $(LK_LDFLAGS)

# What `release` is done to.
LK_LKTARGET_SOURCES = \
	tests/helpers/lktarget.c \
	tests/helpers/lktarget.h \
	tests/helpers/lktarget_states.c

check_PROGRAMS += tests/helpers/lktarget
tests_helpers_lktarget_SOURCES = $(LK_LKTARGET_SOURCES)
tests_helpers_lktarget_CFLAGS = $(LK_CFLAGS) -pthread
tests_helpers_lktarget_LDFLAGS = $(LK_LDFLAGS) -pthread

# Processes that mean harm.
check_PROGRAMS += tests/helpers/lkhostile
tests_helpers_lkhostile_SOURCES = tests/helpers/lkhostile.c
tests_helpers_lkhostile_CFLAGS = $(LK_CFLAGS) -pthread
tests_helpers_lkhostile_LDFLAGS = $(LK_LDFLAGS) -pthread

# What `watch` does, for as many rounds as one likes.
check_PROGRAMS += tests/helpers/soak_watch
tests_helpers_soak_watch_SOURCES = tests/helpers/soak_watch.c
tests_helpers_soak_watch_LDADD = $(LK_LIBS)

# What `rm --if-stale` does, beside somebody who takes the locks.
check_PROGRAMS += tests/helpers/soak_stale
tests_helpers_soak_stale_SOURCES = tests/helpers/soak_stale.c
tests_helpers_soak_stale_LDADD = $(LK_LIBS)

# What `make bench` measures with.
EXTRA_PROGRAMS = \
	tests/helpers/benchlatency \
	tests/helpers/benchrun \
	tests/helpers/benchsweep \
	tests/helpers/benchworld
CLEANFILES += $(EXTRA_PROGRAMS) bench.json
tests_helpers_benchlatency_SOURCES = tests/helpers/benchlatency.c
tests_helpers_benchlatency_CFLAGS = $(LK_CFLAGS)
tests_helpers_benchlatency_LDFLAGS = $(LK_LDFLAGS)
tests_helpers_benchrun_SOURCES = tests/helpers/benchrun.c
tests_helpers_benchrun_CFLAGS = $(LK_CFLAGS)
tests_helpers_benchrun_LDFLAGS = $(LK_LDFLAGS)
tests_helpers_benchsweep_SOURCES = tests/helpers/benchsweep.c
tests_helpers_benchsweep_CFLAGS = $(LK_CFLAGS)
tests_helpers_benchsweep_LDFLAGS = $(LK_LDFLAGS)
tests_helpers_benchworld_SOURCES = tests/helpers/benchworld.c
tests_helpers_benchworld_CFLAGS = $(LK_CFLAGS) -pthread
tests_helpers_benchworld_LDFLAGS = $(LK_LDFLAGS) -pthread

# The same helper as a 32-bit program, whose system calls have other numbers and structures.
if HAVE_M32
check_SCRIPTS += tests/helpers/lkhelp32
CLEANFILES += tests/helpers/lkhelp32 tests/helpers/lktarget32
check_SCRIPTS += tests/helpers/lktarget32
tests/helpers/lktarget32: $(LK_LKTARGET_SOURCES)
	@$(MKDIR_P) tests/helpers
	$(AM_V_CCLD)$(CC) -m32 -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -g -O1 -pthread -o $@ $(filter %.c,$^)
tests/helpers/lkhelp32: $(LK_LKHELP_SOURCES)
	@$(MKDIR_P) tests/helpers
	$(AM_V_CCLD)$(CC) -m32 -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -g -O1 -I$(top_srcdir)/src -pthread \
		-o $@ $(filter %.c,$^)
endif

EXTRA_DIST += \
	tests/README \
	tests/bench \
	tests/check-circles \
	tests/check-layers \
	tests/check-style \
	tests/check-tables \
	tests/convert-capture \
	tests/golden \
	tests/live \
	tests/run-all \
	tests/run-fuzz \
	tests/tui/captures \
	tests/tui/expected \
	tests/tui/pty \
	tests/tui/pty_act.py \
	tests/tui/pty_browse.py \
	tests/tui/pty_load.py \
	tests/tui/pty_settings.py \
	tests/tui/pty_terminal.py \
	tests/tui/run \
	tests/tui/scripts \
	tests/tui/terminal.py

LK_TEST_ENV = \
	LK_SRCDIR='$(abs_top_srcdir)' \
	LK_BUILDDIR='$(abs_top_builddir)' \
	LK_FUZZ_TARGETS='$(LK_FUZZ_ALL)' \
	PYTHON3='$(PYTHON3)'

# STEPS chooses some: make check STEPS='unit layers'.
STEPS =
FUZZ_SECONDS = 60

check-local: $(bin_PROGRAMS)
	@$(LK_TEST_ENV) LK_CHECK_LEVEL=$(LK_CHECK_LEVEL) $(SHELL) $(srcdir)/tests/run-all $(STEPS)

# Runs for as long as it takes: fuzzing for ten minutes a target, the long live tests.
check-soak: FUZZ_SECONDS = 600
check-soak: all check-fuzz
	$(MAKE) $(AM_MAKEFLAGS) $(check_PROGRAMS) $(check_SCRIPTS)
	@$(LK_TEST_ENV) LK_CHECK_LEVEL=soak $(SHELL) $(srcdir)/tests/run-all live

# Builds a copy of the sources with clang and libFuzzer in fuzz-build and runs every target.
check-fuzz: distdir
	-test ! -d fuzz-build || { chmod -R u+w fuzz-build && rm -rf fuzz-build; }
	mv $(distdir) fuzz-build
	cd fuzz-build && ./configure CC=clang --enable-fuzzing $(LK_FUZZ_CONFIGURE) --enable-silent-rules -q
	cd fuzz-build && $(MAKE) $(AM_MAKEFLAGS) fuzz-programs
	@$(LK_TEST_ENV) $(SHELL) $(srcdir)/tests/run-fuzz '$(abs_top_builddir)/fuzz-build' $(FUZZ_SECONDS)

fuzz-programs: $(LK_FUZZ_ALL:%=tests/fuzz/fuzz_%)

check-style:
	@$(LK_TEST_ENV) $(SHELL) $(srcdir)/tests/check-style

# What gcc can tell of the paths through a function: memory freed twice or used after it was freed, files closed twice, calls that are
# not safe in a signal handler. Three of its checks are left out, since gcc 12 accuses what is right: memory that a function of another
# file fills in, pointers that a length of 0 keeps from being followed, and what is put into a vector as leaked. ASan looks for those.
LK_ANALYZE = -O0 -fanalyzer -Werror -Wno-analyzer-use-of-uninitialized-value -Wno-analyzer-null-dereference -Wno-analyzer-malloc-leak
LK_ANALYZED = $(filter %.c,$(liblockscope_a_SOURCES) $(libcli_a_SOURCES) $(libtui_a_SOURCES) $(lockscope_SOURCES))
check-analyze: all
	@printf '%s\n' $(LK_ANALYZED) | xargs -I{} -P "$$(nproc)" $(COMPILE) $(LK_ANALYZE) -c -o /dev/null $(srcdir)/{}
	@echo "$(words $(LK_ANALYZED)) passed, 0 failed, 0 skipped"

# Brings the C files into the form that check-style wants.
format:
	cd $(srcdir) && find src tui tests -name '*.[ch]' -exec clang-format -i {} +

# WORLDS chooses: make bench WORLDS='L X1'; tests/bench/README.
WORLDS = S M
bench: all $(EXTRA_PROGRAMS)
	@$(LK_TEST_ENV) WORLDS='$(WORLDS)' LOCKSCOPE='$(abs_top_builddir)/lockscope' $(PYTHON3) $(srcdir)/tests/bench/bench

clean-local:
	-rm -rf tests/logs
	-test ! -d fuzz-build || { chmod -R u+w fuzz-build && rm -rf fuzz-build; }

.PHONY: check-soak check-fuzz fuzz-programs check-style check-analyze format bench
