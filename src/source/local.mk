# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/source/ask.c \
	src/source/ask.h \
	src/source/bpf.c \
	src/source/bpf.h \
	src/source/bpf/lock_dump.h \
	src/source/bpf_dump.c \
	src/source/bpf_dump.h \
	src/source/bpf_dump_load.c \
	src/source/bpf_dump_markers.c \
	src/source/bpf_dump_private.h \
	src/source/bpf_asked.c \
	src/source/bpf_emit.c \
	src/source/bpf_files.c \
	src/source/bpf_match.c \
	src/source/bpf_private.h \
	src/source/bpf_record.c \
	src/source/bpf_scan.c \
	src/source/bpf_settle.c \
	src/source/capture.c \
	src/source/capture.h \
	src/source/capture_read.c \
	src/source/capture_read.h \
	src/source/capture_shape.c \
	src/source/capture_shape.h \
	src/source/capture_write.c \
	src/source/file_name.c \
	src/source/file_name.h \
	src/source/guard.c \
	src/source/guard.h \
	src/source/helper.c \
	src/source/helper.h \
	src/source/markers.c \
	src/source/markers.h \
	src/source/mounts.c \
	src/source/mounts.h \
	src/source/procfacts.c \
	src/source/procfacts.h \
	src/source/procfs.c \
	src/source/procfs.h \
	src/source/procfs_chain.c \
	src/source/procfs_clock.c \
	src/source/procfs_crew.c \
	src/source/procfs_denied.c \
	src/source/procfs_dismiss.c \
	src/source/procfs_doubt.c \
	src/source/procfs_files.c \
	src/source/procfs_jobs.c \
	src/source/procfs_join.c \
	src/source/procfs_join.h \
	src/source/procfs_locks.c \
	src/source/procfs_markers.c \
	src/source/procfs_memo.c \
	src/source/procfs_names.c \
	src/source/procfs_ofd.c \
	src/source/procfs_orphans.c \
	src/source/procfs_private.h \
	src/source/procfs_procs.c \
	src/source/procfs_resolve.c \
	src/source/procfs_scan.c \
	src/source/procfs_sweep.c \
	src/source/procfs_tasks.c \
	src/source/procfs_uses.c \
	src/source/procfs_uses.h \
	src/source/procfs_uses_below.c \
	src/source/procfs_uses_block.c \
	src/source/procfs_uses_kernel.c \
	src/source/procfs_uses_overlay.c \
	src/source/procfs_uses_proc.c \
	src/source/procfs_uses_socket.c \
	src/source/procfs_waits.c \
	src/source/procfs_walk.c \
	src/source/procroot.c \
	src/source/procroot.h \
	src/source/rights.c \
	src/source/rights.h \
	src/source/source.h \
	src/source/sysroot.c \
	src/source/sysroot.h \
	src/source/unread.c \
	src/source/unread.h \
	src/source/unixsock.c \
	src/source/unixsock.h \
	src/source/uses.c \
	src/source/uses.h \
	src/source/wire.c \
	src/source/wire.h

# The program for the kernel, in two ways: typed reads need Linux 6.2, copying ones 5.17. What bpftool makes of it is a header with
# the program in it; it belongs to the build and is not distributed.
lk_bpf_sources = \
	src/source/bpf/calls.h \
	src/source/bpf/inode.h \
	src/source/bpf/kernel.h \
	src/source/bpf/links.h \
	src/source/bpf/lists.h \
	src/source/bpf/lock_dump.bpf.c \
	src/source/bpf/names.h \
	src/source/bpf/state.h
EXTRA_DIST += $(lk_bpf_sources)
if ENABLE_BPF
lk_bpf_headers = \
	src/source/bpf/lock_dump_copy.lskel.h \
	src/source/bpf/lock_dump_typed.lskel.h
CLEANFILES += $(lk_bpf_headers) src/source/bpf/*.tmp
LK_BPF_CFLAGS = -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Wno-unused-parameter -I$(top_srcdir)/src $(LIBBPF_CFLAGS) \
	-ffile-prefix-map=$(top_srcdir)/=
lk_bpf_make = $(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(CLANG_BPF) $(LK_BPF_CFLAGS) -c $(top_srcdir)/src/source/bpf/lock_dump.bpf.c -o $@.1.tmp && \
	$(BPFTOOL) gen object $@.2.tmp $@.1.tmp && \
	$(BPFTOOL) gen skeleton -L $@.2.tmp name $(@F:.lskel.h=) >$@.3.tmp && \
	mv -f $@.3.tmp $@ && rm -f $@.1.tmp $@.2.tmp
src/source/bpf/lock_dump_typed.lskel.h: $(lk_bpf_sources) src/source/bpf/lock_dump.h
	$(lk_bpf_make)
src/source/bpf/lock_dump_copy.lskel.h: LK_BPF_CFLAGS += -DLK_BPF_COPY
src/source/bpf/lock_dump_copy.lskel.h: $(lk_bpf_sources) src/source/bpf/lock_dump.h
	$(lk_bpf_make)
src/source/bpf_dump_load.$(OBJEXT): $(lk_bpf_headers)
endif
