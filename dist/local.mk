# SPDX-License-Identifier: GPL-2.0-or-later
# What connects lockscope with other programs. Installed, and nothing of it enabled.
LK_UNITS = dist/systemd/lockscope-metrics.service dist/systemd/lockscope-watch.service
EXTRA_DIST += $(LK_UNITS:=.in)
CLEANFILES += $(LK_UNITS)

systemdunitdir = @systemdsystemunitdir@
dist_systemdunit_DATA = dist/systemd/lockscope-metrics.timer
nodist_systemdunit_DATA = $(LK_UNITS)

$(LK_UNITS): %.service: %.service.in Makefile
	$(AM_V_GEN)mkdir -p $(@D) && sed 's|@bindir[@]|$(bindir)|g' $(srcdir)/$@.in >$@.new && mv $@.new $@

prometheusdir = $(pkgdatadir)/prometheus
dist_prometheus_DATA = dist/prometheus/lockscope.rules.yml dist/prometheus/lockscope.rules.test.yml
grafanadir = $(pkgdatadir)/grafana
dist_grafana_DATA = dist/grafana/lockscope.json
