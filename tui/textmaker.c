/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/textmaker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cleanup.h"

static void end_line(struct lk_maker *m)
{
	const char *s;

	if (!m->line.n && !m->label)
		return;
	s = lk_buf_str(&m->line);
	if (!m->rc && !s)
		m->rc = -ENOMEM;
	if (!m->rc && m->label)
		m->rc = lk_text_add_label(m->text, m->cells, m->label, "%s", s);
	else if (!m->rc)
		m->rc = lk_text_add(m->text, LK_STYLE_PLAIN, "%s", s);
	m->line.n = 0;
	m->label = NULL;
}

void lk_maker_line(struct lk_maker *m, const char *label)
{
	end_line(m);
	m->label = label;
}

static void put_args(struct lk_maker *m, const char *fmt, va_list ap)
{
	if (!m->rc)
		m->rc = lk_buf_vprintf(&m->line, fmt, ap);
}

void lk_maker_put(struct lk_maker *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_args(m, fmt, ap);
	va_end(ap);
}

void lk_maker_title(struct lk_maker *m, const char *title)
{
	end_line(m);
	if (!m->rc && *title && m->text->lines.n)
		m->rc = lk_text_add(m->text, LK_STYLE_PLAIN, "%s", "");
	if (!m->rc)
		m->rc = lk_text_add(m->text, LK_STYLE_BRIGHT, "%s", title);
}

void lk_maker_note(struct lk_maker *m, const char *fmt, ...)
{
	va_list ap;

	end_line(m);
	va_start(ap, fmt);
	put_args(m, fmt, ap);
	va_end(ap);
	end_line(m);
}

int lk_maker_done(struct lk_maker *m)
{
	end_line(m);
	lk_vec_done(&m->line);
	return m->rc;
}
