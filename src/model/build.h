/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts to snapshot: a sink that collects, then joins lock lines with the descriptors that show them. */
#ifndef LK_MODEL_BUILD_H
#define LK_MODEL_BUILD_H

#include "model/snapshot.h"

struct lk_build;

struct lk_build *lk_build_new(void);
const struct lk_sink *lk_build_sink(struct lk_build *b);
/* Joins, relates, counts. Caller frees it (lk_snapshot_free()). The builder is used up; free it. */
struct lk_snapshot *lk_build_finish(struct lk_build *b);
void lk_build_free(struct lk_build *b);

/* Scan and build in one go. 0 with *ret, or what the source failed with. */
int lk_snapshot_take(struct lk_source *src, const struct lk_request *req, struct lk_snapshot **ret, struct lk_err *err);

#endif
