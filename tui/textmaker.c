/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/textmaker.h"

#include <stdarg.h>

static void end_line(struct lk_maker *m)
{
	if (m->label)
		lk_text_add_label(m->text, m->cells, m->label, "%s", lk_buf_str(&m->line));
	else if (m->line.n)
		lk_text_add(m->text, LK_STYLE_PLAIN, "%s", lk_buf_str(&m->line));
	m->line.n = 0;
	m->label = NULL;
}

void lk_maker_line(struct lk_maker *m, const char *label)
{
	end_line(m);
	m->label = label;
}

void lk_maker_put(struct lk_maker *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lk_buf_vprintf(&m->line, fmt, ap);
	va_end(ap);
}

void lk_maker_title(struct lk_maker *m, const char *title)
{
	end_line(m);
	if (*title && m->text->lines.n)
		lk_text_add(m->text, LK_STYLE_PLAIN, "%s", "");
	lk_text_add(m->text, LK_STYLE_BRIGHT, "%s", title);
}

void lk_maker_note(struct lk_maker *m, const char *fmt, ...)
{
	va_list ap;

	end_line(m);
	va_start(ap, fmt);
	lk_buf_vprintf(&m->line, fmt, ap);
	va_end(ap);
	end_line(m);
}

int lk_maker_done(struct lk_maker *m)
{
	end_line(m);
	lk_vec_done(&m->line);
	return 0;
}
