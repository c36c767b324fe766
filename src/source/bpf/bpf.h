/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bpf source: the kernel's own lock structures, read by a BPF program (bpf_dump.h), as the facts of source.h. It looks at the live
 * machine only, from the initial pid namespace, and needs root or CAP_BPF and CAP_PERFMON. It knows what procfs can only infer: which
 * thread waits for which lock, who took an OFD lock. Looking up paths, walking directories and finding who uses a file are left to the
 * functions of procfs. */
#ifndef LK_SOURCE_BPF_H
#define LK_SOURCE_BPF_H

#include "source/source.h"

enum lk_scanner { LK_SCANNER_AUTO, LK_SCANNER_BPF, LK_SCANNER_PROCFS };

/* A source for this machine, to be freed by lk_source_free(). LK_SCANNER_AUTO: the program is loaded at the first scan and stays loaded;
 * where loading or a scan fails, procfs is used instead (lk_source_why_not()). LK_SCANNER_BPF: the program is loaded now, and nothing else
 * is used. 0, or -errno with a sentence in err. */
int lk_bpf_source_new(enum lk_scanner wish, struct lk_source **ret, struct lk_err *err);

/* Can bpf be used here and now? 0 with how the program was loaded (static) in *ret_how, or -errno with a sentence. */
int lk_bpf_probe(const char **ret_how, struct lk_err *err);

#endif
