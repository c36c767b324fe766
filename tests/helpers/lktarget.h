/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of lktarget share. */
#ifndef LKTARGET_H
#define LKTARGET_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

extern volatile sig_atomic_t n_signals, ended;
extern volatile uint32_t word; /* of the futex */
extern int wake[2]; /* a byte comes when the state is to end */
extern int sockets[2];
extern const char *other_path;
extern bool storm;

/* Says what is wrong, and ends. */
_Noreturn void bad(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sits in a state until it is told to go on. NULL: there is none with that name. */
typedef void state_function(void);
state_function *find_state(const char *name);

#endif
