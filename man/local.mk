# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS += \
	man/lockscope-capture.5 \
	man/lockscope-lockfiles.1 \
	man/lockscope-map.1 \
	man/lockscope-metrics.1 \
	man/lockscope-mv.1 \
	man/lockscope-release.1 \
	man/lockscope-rm.1 \
	man/lockscope-screen.1 \
	man/lockscope-signal.1 \
	man/lockscope-test.1 \
	man/lockscope-wait.1 \
	man/lockscope-waits.1 \
	man/lockscope-watch.1 \
	man/lockscope.1
