/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"

Test(err, first_error_is_kept)
{
	struct lk_err e = { 0 };

	cr_assert_eq(lk_err_set(&e, -ENOENT, "cannot open %s", "a"), -ENOENT);
	cr_assert_eq(lk_err_set(&e, -EIO, "cannot scan"), -EIO);
	cr_assert_eq(e.code, -ENOENT);
	cr_assert_str_eq(lk_err_text(&e), "cannot open a");
	lk_err_done(&e);
	cr_assert_eq(e.code, 0);
	cr_assert_null(e.text);
}

Test(err, null_object_is_fine)
{
	cr_assert_eq(lk_err_set(NULL, -EPERM, "not kept"), -EPERM);
}

Test(err, text_is_never_null)
{
	struct lk_err e = { .code = -EACCES };

	cr_assert_str_eq(lk_err_text(&e), strerror(EACCES));
	e.code = EACCES;
	cr_assert_str_eq(lk_err_text(&e), strerror(EACCES));
}

Test(err, names)
{
	cr_assert_str_eq(lk_err_name(EACCES), "EACCES");
	cr_assert_str_eq(lk_err_name(-ENOMEM), "ENOMEM");
	cr_assert_str_eq(lk_err_name(9999), "E9999");
	cr_assert_str_eq(lk_err_name(-9999), "E9999");
}
