/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of the bpf source only. */
#ifndef LK_SOURCE_BPF_PRIVATE_H
#define LK_SOURCE_BPF_PRIVATE_H

#include "base/ints.h"
#include "source/bpf/bpf.h"
#include "source/bpf/bpf_dump.h"
#include "source/procfs/procfs_private.h"
#include "source/uses.h"

/* Something in a dump that has to be checked again, because descriptors and locks are read at different moments: a lock without a
 * descriptor, or a descriptor that shows another process's lock. If another dump has it too, it has the same bytes there. */
struct bpf_recheck {
	uint64_t v[6];
};
typedef LK_VEC(struct bpf_recheck) bpf_rechecks;

/* A file that was looked up by its path. */
struct bpf_asked {
	char *path; /* owned; absolute, without symbolic links */
	struct lk_key key;
	uint32_t st_major, st_minor;
	uint64_t st_ino;
	int fd; /* O_PATH, during a scan that needs it; -1 none */
};

struct bpf_source {
	struct procfs procfs; /* must be first: functions of the procfs source take a bpf_source for a procfs */
	enum lk_scanner wish;
	struct lk_bpf *bpf; /* NULL: not loaded */
	bool refused; /* loading the program failed; it is not tried again */
	char *why_not; /* owned; NULL: the last scan was made by bpf */
	int64_t boottime_shift_ns; /* of our time namespace: what /proc adds to start times */
	struct lk_mounts mounts; /* our own mount table, kept from scan to scan */
	int mounts_fd; /* our mountinfo, to poll(2) for changes of the table; -1: none */
	bpf_rechecks rechecks; /* those left at the end of the last scan; sorted */
	LK_VEC(struct bpf_asked) asked;
};

/* Consecutive held locks of one inode, made through one open file description by one owner. */
struct bpf_span {
	uint64_t file, owner;
	uint32_t first, n; /* in dump.locks */
	uint32_t inode;
};

/* Where the spans of a hold begin; LK_BPF_NONE: there are none. */
struct bpf_place {
	uint32_t table, file; /* spans owned by its descriptor table; spans owned by its open file description */
};

struct bpf_scan {
	struct bpf_source *source;
	struct scan s; /* what the procfs code needs: root, request, mounts, described descriptors, waiters, denials */
	struct lk_bpf_dump dump;
	LK_VEC(struct bpf_span) spans; /* by file, owner, place */
	uint32_t *holds; /* indexes of dump.holds, by process, thread, descriptor; without those on files of markers */
	size_t n_holds;
	struct bpf_place *places; /* by hold */
	uint8_t *dropped; /* by hold: its open file description was not confirmed, so it shows no locks owned by that */
	uint8_t *held; /* by lock: a descriptor shows it */
	uint32_t *line; /* by lock: its number among the lines, from 1; 0 none (yet) */
	uint32_t *met; /* by inode: its first hold in the dump; LK_BPF_NONE none */
	uint32_t *shown; /* by inode: the hold through which the file is described (choose_shown()); LK_BPF_NONE none */
	size_t *described; /* by inode: index in s.fds; SIZE_MAX none */
	lk_u64s files; /* addresses of open file descriptions, sorted; the place of one here is its number, so no address is shown */
	bool listed_sure;
	struct scan_lines listed; /* /proc/locks, where it was read */
	LK_VEC(size_t) unlisted; /* roots of groups in `listed` that the dump does not have */
	bool sure; /* no lock that was held throughout the scan can be missing */
};

/* -- bpf_record.c: without state -- */
/* What /proc/locks would print of a lock, except for group and depth. */
struct lk_record lk_bpf_record(const struct lk_bpf_inode *inode, const struct lk_bpf_lock *lock);
/* Field 22 of /proc/PID/stat. */
uint64_t lk_bpf_start_ticks(uint64_t start_ns, int64_t shift_ns, long ticks_per_second);
/* "boottime SEC NSEC" in the text of /proc/self/timens_offsets; 0 when it is not there. */
int64_t lk_bpf_boottime_shift_ns(const char *text, size_t n);

/* -- bpf_match.c -- */
bool lk_bpf_is_ours(const struct bpf_scan *b, uint32_t inode);
/* Builds the tables that tell which descriptor shows which lock, anew for each dump. */
void lk_bpf_match(struct bpf_scan *b);
/* Works out `held`, `met` and `shown` again, after holds were marked in `dropped`. */
void lk_bpf_rematch(struct bpf_scan *b);
void lk_bpf_match_done(struct bpf_scan *b);
/* Calls cb for each lock that a hold shows until it returns non-zero, which is returned. */
typedef int (*lk_bpf_shown_cb)(void *arg, uint32_t hold, uint32_t lock);
int lk_bpf_each_shown(const struct bpf_scan *b, uint32_t hold, lk_bpf_shown_cb cb, void *arg);
/* The number of an open file description, from 1; 0: it has no lock and waits for none. */
size_t lk_bpf_number(const struct bpf_scan *b, uint64_t file);

/* -- bpf_settle.c -- */
/* Dumps until nothing new has to be checked again, and judges whether locks may be missing. 0 or -errno. */
int lk_bpf_settle(struct bpf_scan *b, struct lk_err *err);

/* -- bpf_asked.c -- */
int lk_bpf_resolve(struct lk_source *src, const char *path, bool follow, struct lk_fact_file *ret, struct lk_err *err);
int lk_bpf_resolve_all(struct lk_source *src, const char *const *paths, size_t n, lk_resolve_cb cb, void *arg,
		       struct lk_err *err);
/* Opens the files that were asked for, so that a dump meets their inodes even if no other descriptor leads there. How many are open. */
size_t lk_bpf_open_asked(struct bpf_scan *b);
void lk_bpf_close_asked(struct bpf_scan *b);
/* Emits the files that were asked for and of which the dump has every lock. 0, or what the sink returned. */
int lk_bpf_emit_proven(const struct bpf_scan *b, const struct lk_sink *sink);
void lk_bpf_asked_done(struct bpf_source *src);

/* -- bpf_uses.c -- */
struct bpf_asking {
	const struct bpf_source *source;
	const struct lk_uses_request *req;
	const struct procfs_asked *asked; /* what /proc told before */
	struct lk_uses *ret;
	bool complete; /* every task that the kernel showed was looked at completely */
	lk_ints met; /* processes that the kernel showed, of those who did not answer before, and process 1 */
};
/* Adds what /proc did not tell. Processes that did not answer to it, but were met and have no use that could have been missed, do not count
 * as unreadable any more. */
void lk_bpf_uses(const struct bpf_source *b, const struct lk_uses_request *req, const struct procfs_asked *asked,
		 int64_t deadline_ms, struct lk_uses *ret);
/* One record of the helper. 0 or -EBADMSG. */
int lk_bpf_uses_take(struct bpf_asking *a, const char *data, size_t n);
/* Draws the conclusion: who counts as unreadable still. */
void lk_bpf_uses_settle(struct bpf_asking *a);

/* -- bpf_files.c -- */
int lk_bpf_load_mounts(struct bpf_scan *b);
void lk_bpf_keep_mounts(struct bpf_scan *b);
/* Finds out paths, mounts and sizes of the locked files. */
void lk_bpf_describe(struct bpf_scan *b);
/* NULL: nothing but its key is known. */
const struct lk_fact_file *lk_bpf_file(const struct bpf_scan *b, uint32_t inode);

/* -- bpf_scan.c -- */
/* Reads the kernel's lists; what has to be asked of processes for that is asked in a helper. 0 or -errno with err; call lk_bpf_scan_done()
 * in either case. */
int lk_bpf_scan_dump(struct bpf_scan *b, struct lk_err *err);
/* Reads what is missing of processes and files from /proc. To be called in a helper. */
void lk_bpf_scan_look(struct bpf_scan *b);
void lk_bpf_scan_done(struct bpf_scan *b);

/* -- bpf_emit.c -- */
int lk_bpf_scan_emit(struct bpf_scan *b, const struct lk_sink *sink, int64_t wall_ms, double began);

#endif
