/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen on a capture of a few locks. Bytes are keys: those below 0x80 themselves, those above it keys with names, clicks, other sizes
 * of the terminal, another look. Work off the input path is not done, so that nothing is written and nobody is asked. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "source/capture/capture.h"
#include "tests/tui/nosys.h"
#include "tui/core/app.h"

#define KEYS_MAX 400

#define REC(depth, mode, pid) \
	"\"rec\":{\"group\":1,\"depth\":" #depth ",\"type\":\"posix\",\"phase\":\"advisory\",\"mode\":\"" mode \
	"\",\"pid\":" #pid ",\"key\":\"fe:00:77\"," \
	"\"start\":0,\"end\":null,\"type_word\":\"POSIX\",\"phase_word\":\"ADVISORY\",\"mode_word\":\"WRITE\"}"
#define FILE_OF \
	"\"file\":{\"key\":\"fe:00:77\",\"local\":true,\"path\":\"/srv/a \\u4e2d\\u001b[31m\\n.lck\",\"fstype\":\"ext4\"}"

static const char capture[] =
	"{\"capture\":\"lockscope-capture/1\"}\n"
	"{\"fact\":\"host\",\"scanner\":\"procfs\",\"host\":\"db01\",\"boot_id\":\"8d1c\",\"time_unix_ms\":1795319412123,"
	"\"euid\":0,\"initial_pidns\":true,\"has_locks_file\":true}\n"
	"{\"fact\":\"lock\",\"line\":1," REC(
		0, "write",
		2211) "}\n"
		      "{\"fact\":\"lock\",\"line\":2," REC(
			      1, "write",
			      3307) "}\n"
				    "{\"fact\":\"fd\",\"pid\":2211,\"fd\":4," REC(
					    0, "write",
					    2211) ",\"ofd\":1," FILE_OF "}\n"
						  "{\"fact\":\"waiter\",\"pid\":3307,\"tid\":3309,\"fd\":3," REC(
							  1, "write",
							  3307) ",\"range_resolved\":true,"
								"\"wait_ms\":192000," FILE_OF "}\n"
								"{\"fact\":\"proc\",\"pid\":2211,\"comm\":\"a(b\",\"uid\":0}\n"
								"{\"fact\":\"proc\",\"pid\":3307,\"comm\":\"\\u001b]0;x\",\"uid\":7}\n"
								"{\"fact\":\"end\",\"stable\":true}\n";

static int open_capture(void *arg, struct lk_source **ret, struct lk_err *err)
{
	(void)arg;
	return lk_capture_open_text("fuzz", capture, sizeof(capture) - 1, ret, err);
}

static int no_job(void *arg, void (*work)(void *), void (*done)(struct lk_tui *, void *), void *job_arg)
{
	(void)arg;
	(void)work;
	(void)done;
	(void)job_arg;
	return -EAGAIN;
}

struct play {
	struct lk_tui *tui;
	struct lk_source *source;
	struct lk_looker *looker;
	struct lk_canvas canvas;
	struct lk_sys sys;
	size_t n_changes;
};

static void look(struct play *p)
{
	struct lk_frame *f;

	p->tui->now_ms += 2000;
	p->tui->wall_ms += 2000;
	f = lk_looker_look(p->looker, p->tui->now_ms, p->tui->wall_ms, 0);
	lk_tui_frame(p->tui, f);
}

static void paint(struct play *p)
{
	p->tui->w = p->canvas.w;
	p->tui->h = p->canvas.h;
	lk_tui_paint(p->tui, &p->canvas);
	for (size_t i = 0; i < (size_t)p->canvas.w * (size_t)p->canvas.h; i++) {
		wchar_t c = p->canvas.cells[i].ch[0];

		LK_FUZZ_MUST(c == 0 || (c >= 0x20 && !(c >= 0x7f && c < 0xa0)));
	}
}

static void start(struct play *p)
{
	struct lk_settings set;
	struct lk_tui_host host = {
		.arg = p, .open_source = open_capture, .start = no_job, .sys = &p->sys, .trace = &lk_trace_real
	};

	p->sys = nosys_make(&p->n_changes);
	lk_settings_init(&set);
	p->tui = lk_tui_new(&host, &set);
	LK_FUZZ_MUST(open_capture(p, &p->source, NULL) == 0);
	p->looker = lk_looker_new(p->source, LK_NEED_ALL, 0);
	lk_canvas_resize(&p->canvas, 80, 24);
	p->canvas.utf8 = p->tui->utf8 = true;
	look(p);
	paint(p);
}

/* Bytes from 0x80 on; next: the one behind it. */
static void do_special(struct play *p, uint8_t byte, uint8_t next)
{
	struct lk_mouse m = { .kind = (enum lk_mouse_kind)(byte & 3), .x = next % 100, .y = next % 31 };

	if (byte < 0xa0)
		lk_tui_key(p->tui, LK_KEY_NAMED + 1 +
					   (lk_press)(byte & 0x1f) % (lk_press)(LK_KEY_SHIFT_PAGE_DOWN - LK_KEY_NAMED));
	else if (byte < 0xc0)
		lk_tui_mouse(p->tui, &m);
	else if (byte < 0xd0)
		lk_canvas_resize(&p->canvas, 1 + next, 1 + (next * 7) % 60);
	else if (byte < 0xe0)
		look(p);
	else if (byte < 0xf0)
		lk_tui_tick(p->tui);
	else if (byte < 0xf8)
		lk_tui_key(p->tui, 0x4e00u + next);
	else
		lk_tui_paste(p->tui, "2211\n\x1b[31mx");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p = { 0 };

	lk_fuzz_use_utf8();
	start(&p);
	for (size_t i = 0; i < size && i < KEYS_MAX; i++) {
		if (data[i] < 0x80)
			lk_tui_key(p.tui, data[i]);
		else
			do_special(&p, data[i], i + 1 < size ? data[i + 1] : 0);
		paint(&p);
	}
	LK_FUZZ_MUST(p.n_changes == 0);
	lk_tui_free(p.tui);
	lk_looker_free(p.looker);
	lk_source_free(p.source);
	lk_canvas_done(&p.canvas);
	return 0;
}
