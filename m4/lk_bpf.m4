# SPDX-License-Identifier: GPL-2.0-or-later

# LK_CHECK_BPF: sets lk_bpf_missing to what is lacking to build the BPF program ("" when nothing is), and CLANG_BPF, BPFTOOL and
# LIBBPF_CFLAGS. A small program is built, because a clang may lack the bpf target, and a bpftool may be a wrapper without a tool.
AC_DEFUN([LK_CHECK_BPF], [
	lk_bpf_missing=
	AC_ARG_VAR([CLANG_BPF], [clang with the bpf target, for the bpf scanner])
	AC_ARG_VAR([BPFTOOL], [bpftool, for the bpf scanner])
	AC_PATH_PROGS([CLANG_BPF], [clang clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 clang-13])
	AC_PATH_PROG([BPFTOOL], [bpftool], [], [$PATH:/usr/local/sbin:/usr/sbin:/sbin])
	PKG_CHECK_EXISTS([libbpf >= 0.8], [LIBBPF_CFLAGS=`$PKG_CONFIG --cflags libbpf`],
		[lk_bpf_missing="the headers of libbpf 0.8 or newer"])
	AC_SUBST([LIBBPF_CFLAGS])
	AS_IF([test -z "$CLANG_BPF"], [lk_bpf_missing="clang"])
	AS_IF([test -z "$BPFTOOL"], [lk_bpf_missing="bpftool"])
	AS_IF([test -z "$lk_bpf_missing"], [
		AC_MSG_CHECKING([whether $CLANG_BPF and $BPFTOOL make a BPF program])
		mkdir -p conftest.bpf
		cat >conftest.bpf/a.c <<_LK_EOF
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
struct task_struct { int tgid; } __attribute__((preserve_access_index));
struct bpf_iter__task { void *meta; struct task_struct *task; } __attribute__((preserve_access_index));
extern void *bpf_rdonly_cast(const void *obj, __u32 id) __ksym;
__u64 seen;
char LICENSE[[]] SEC("license") = "GPL";
static long step(__u32 i, void *unused) { return i > 1; }
SEC("iter/task") int run(struct bpf_iter__task *ctx)
{
	if (!ctx->task)
		return 0;
	bpf_loop(2, step, 0, 0);
	seen = (__u64)((struct task_struct *)bpf_rdonly_cast(ctx->task, bpf_core_type_id_kernel(struct task_struct)))->tgid;
	return 0;
}
_LK_EOF
		AS_IF([$CLANG_BPF -target bpf -mcpu=v3 -g -O2 $LIBBPF_CFLAGS -c conftest.bpf/a.c -o conftest.bpf/a.o 2>&AS_MESSAGE_LOG_FD &&
			$BPFTOOL gen object conftest.bpf/b.o conftest.bpf/a.o 2>&AS_MESSAGE_LOG_FD &&
			$BPFTOOL gen skeleton -L conftest.bpf/b.o name conf_test >conftest.bpf/c.h 2>&AS_MESSAGE_LOG_FD],
			[lk_bpf_works=yes], [lk_bpf_works=no])
		AC_MSG_RESULT([$lk_bpf_works])
		AS_IF([test "x$lk_bpf_works" = xyes], [
			AC_MSG_CHECKING([whether its skeleton compiles])
			cp conftest.bpf/c.h conftest.h
			lk_save_cppflags=$CPPFLAGS
			CPPFLAGS="$CPPFLAGS $LIBBPF_CFLAGS"
			AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <errno.h>
#include <stdint.h>
#include "conftest.h"]], [[return !conf_test__open_and_load();]])], [], [lk_bpf_works=no])
			CPPFLAGS=$lk_save_cppflags
			AC_MSG_RESULT([$lk_bpf_works])
		])
		rm -rf conftest.bpf conftest.h
		AS_IF([test "x$lk_bpf_works" != xyes], [lk_bpf_missing="a clang and a bpftool that work together (see config.log)"])
	])
])
