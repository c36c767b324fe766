# SPDX-License-Identifier: GPL-2.0-or-later
# The ncurses front end has no sources yet. They go behind "if ENABLE_TUI".
