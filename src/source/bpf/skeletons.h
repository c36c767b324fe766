/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bpftool generated of the BPF programs, without the warnings that it would give. */
#ifndef LK_SOURCE_BPF_SKELETONS_H
#define LK_SOURCE_BPF_SKELETONS_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpointer-arith"
#pragma GCC diagnostic ignored "-Wwrite-strings"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Woverlength-strings"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "source/bpf/file_uses.lskel.h"
#include "source/bpf/lock_dump_copy.lskel.h"
#include "source/bpf/lock_dump_typed.lskel.h"
#pragma GCC diagnostic pop

#endif
