/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics in the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats), which the textfile collector of its node
 * exporter reads: no timestamps, and UTF-8 only, because one bad byte makes it refuse the whole file. */
#ifndef LK_CLI_OUT_METRICS_H
#define LK_CLI_OUT_METRICS_H

#include "base/buf.h"
#include "query/metrics.h"

/* The same series at every time, zeros too; only the files of m->top come and go. with_top: say whether that list was cut. */
void lk_out_metrics(lk_buf *b, const struct lk_metrics *m, const struct lk_snapshot *s, bool with_top);

#endif
