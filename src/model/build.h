/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a snapshot from facts: a sink that collects them, then joins lock lines with the descriptors that show them. */
#ifndef LK_MODEL_BUILD_H
#define LK_MODEL_BUILD_H

#include "model/snapshot.h"

struct lk_build;

struct lk_build *lk_build_new(void);
const struct lk_sink *lk_build_sink(struct lk_build *b);
/* Joins and relates what was collected. Caller frees the snapshot (lk_snapshot_free()), and the builder, which is used up. */
struct lk_snapshot *lk_build_finish(struct lk_build *b);
void lk_build_free(struct lk_build *b);

/* Scans and builds in one go. 0 with *ret, which the caller frees; or -errno of the source, with err. */
int lk_snapshot_take(struct lk_source *src, const struct lk_request *req, struct lk_snapshot **ret, struct lk_err *err);

#endif
