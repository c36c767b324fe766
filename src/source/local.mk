# SPDX-License-Identifier: GPL-2.0-or-later
liblockscope_a_SOURCES += \
	src/source/ask.c \
	src/source/ask.h \
	src/source/bpf/bpf.c \
	src/source/bpf/bpf.h \
	src/source/bpf/lock_dump.h \
	src/source/bpf/bpf_dump.c \
	src/source/bpf/bpf_dump.h \
	src/source/bpf/bpf_dump_load.c \
	src/source/bpf/bpf_dump_markers.c \
	src/source/bpf/bpf_dump_private.h \
	src/source/bpf/bpf_asked.c \
	src/source/bpf/bpf_emit.c \
	src/source/bpf/bpf_files.c \
	src/source/bpf/bpf_match.c \
	src/source/bpf/bpf_private.h \
	src/source/bpf/bpf_record.c \
	src/source/bpf/bpf_scan.c \
	src/source/bpf/bpf_settle.c \
	src/source/bpf/bpf_uses.c \
	src/source/bpf/bpf_uses_load.c \
	src/source/bpf/bpf_uses_load.h \
	src/source/bpf/file_uses.h \
	src/source/bpf/skeletons.h \
	src/source/capture/capture.c \
	src/source/capture/capture.h \
	src/source/capture/capture_read.c \
	src/source/capture/capture_read.h \
	src/source/capture/capture_shape.c \
	src/source/capture/capture_shape.h \
	src/source/capture/capture_write.c \
	src/source/file_name.c \
	src/source/file_name.h \
	src/source/host/guard.c \
	src/source/host/guard.h \
	src/source/host/helper.c \
	src/source/host/helper.h \
	src/source/host/markers.c \
	src/source/host/markers.h \
	src/source/host/mounts.c \
	src/source/host/mounts.h \
	src/source/host/procfacts.c \
	src/source/host/procfacts.h \
	src/source/procfs/procfs.c \
	src/source/procfs/procfs.h \
	src/source/procfs/procfs_reread.c \
	src/source/procfs/procfs_clock.c \
	src/source/procfs/procfs_denied.c \
	src/source/procfs/procfs_skip.c \
	src/source/procfs/procfs_recheck.c \
	src/source/procfs/procfs_files.c \
	src/source/procfs/procfs_jobs.c \
	src/source/procfs/procfs_splice.c \
	src/source/procfs/procfs_splice.h \
	src/source/procfs/procfs_locks.c \
	src/source/procfs/procfs_markers.c \
	src/source/procfs/procfs_cache.c \
	src/source/procfs/procfs_names.c \
	src/source/procfs/procfs_ofd.c \
	src/source/procfs/procfs_orphans.c \
	src/source/procfs/procfs_private.h \
	src/source/procfs/procfs_procs.c \
	src/source/procfs/procfs_resolve.c \
	src/source/procfs/procfs_scan.c \
	src/source/procfs/procfs_shared.c \
	src/source/procfs/procfs_sweep.c \
	src/source/procfs/procfs_tasks.c \
	src/source/procfs/procfs_uses.c \
	src/source/procfs/procfs_uses.h \
	src/source/procfs/procfs_uses_below.c \
	src/source/procfs/procfs_uses_block.c \
	src/source/procfs/procfs_uses_kernel.c \
	src/source/procfs/procfs_uses_overlay.c \
	src/source/procfs/procfs_uses_proc.c \
	src/source/procfs/procfs_uses_shared.c \
	src/source/procfs/procfs_uses_socket.c \
	src/source/procfs/procfs_uses_spaces.c \
	src/source/procfs/procfs_waits.c \
	src/source/procfs/procfs_walk.c \
	src/source/host/procroot.c \
	src/source/host/procroot.h \
	src/source/host/rights.c \
	src/source/host/rights.h \
	src/source/source.h \
	src/source/host/sysroot.c \
	src/source/host/sysroot.h \
	src/source/host/tree.c \
	src/source/host/tree.h \
	src/source/unread.c \
	src/source/unread.h \
	src/source/host/unixsock.c \
	src/source/host/unixsock.h \
	src/source/uses.c \
	src/source/uses.h \
	src/source/host/wire.c \
	src/source/host/wire.h

# The programs for the kernel; that of the scan in two ways: typed reads need Linux 6.2, copying ones 5.17. What bpftool makes of them are
# headers with the programs in them; they belong to the build and are not distributed.
lk_bpf_sources = \
	src/source/bpf/calls.h \
	src/source/bpf/file_uses.bpf.c \
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
	src/source/bpf/file_uses.lskel.h \
	src/source/bpf/lock_dump_copy.lskel.h \
	src/source/bpf/lock_dump_typed.lskel.h
CLEANFILES += $(lk_bpf_headers) src/source/bpf/*.tmp
LK_BPF_CFLAGS = -target bpf -mcpu=v3 -g -O2 -Wall -Wextra -Wno-unused-parameter -I$(top_srcdir)/src $(LIBBPF_CFLAGS) \
	-ffile-prefix-map=$(top_srcdir)/=
LK_BPF_PROGRAM = lock_dump
lk_bpf_make = $(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(CLANG_BPF) $(LK_BPF_CFLAGS) -c $(top_srcdir)/src/source/bpf/$(LK_BPF_PROGRAM).bpf.c -o $@.1.tmp && \
	$(BPFTOOL) gen object $@.2.tmp $@.1.tmp && \
	$(BPFTOOL) gen skeleton -L $@.2.tmp name $(@F:.lskel.h=) >$@.3.tmp && \
	mv -f $@.3.tmp $@ && rm -f $@.1.tmp $@.2.tmp
src/source/bpf/lock_dump_typed.lskel.h: $(lk_bpf_sources) src/source/bpf/lock_dump.h
	$(lk_bpf_make)
src/source/bpf/lock_dump_copy.lskel.h: LK_BPF_CFLAGS += -DLK_BPF_COPY
src/source/bpf/lock_dump_copy.lskel.h: $(lk_bpf_sources) src/source/bpf/lock_dump.h
	$(lk_bpf_make)
src/source/bpf/file_uses.lskel.h: LK_BPF_CFLAGS += -DLK_BPF_COPY
src/source/bpf/file_uses.lskel.h: LK_BPF_PROGRAM = file_uses
src/source/bpf/file_uses.lskel.h: $(lk_bpf_sources) src/source/bpf/file_uses.h
	$(lk_bpf_make)
src/source/bpf/bpf_dump_load.$(OBJEXT) src/source/bpf/bpf_uses_load.$(OBJEXT): $(lk_bpf_headers)
endif
