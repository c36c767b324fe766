# SPDX-License-Identifier: GPL-2.0-or-later

# LK_TRY_FLAG(FLAG, CFLAGS-PART, LDFLAGS-PART, IF-YES, IF-NO)
# Links a small program. -Werror, because clang only warns about a flag that it does not know.
AC_DEFUN([LK_TRY_FLAG], [
	AC_MSG_CHECKING([whether the compiler takes $1])
	lk_save_cflags=$CFLAGS
	lk_save_ldflags=$LDFLAGS
	CFLAGS="$CFLAGS -Wall -Werror $2"
	LDFLAGS="$LDFLAGS $3"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [lk_flag_ok=yes], [lk_flag_ok=no])
	CFLAGS=$lk_save_cflags
	LDFLAGS=$lk_save_ldflags
	AC_MSG_RESULT([$lk_flag_ok])
	AS_IF([test "x$lk_flag_ok" = xyes], [$4], [$5])
])

# LK_ADD_CFLAGS(FLAGS): adds to LK_CFLAGS each flag that the compiler takes.
AC_DEFUN([LK_ADD_CFLAGS], [
	for lk_flag in $1; do
		LK_TRY_FLAG([$lk_flag], [$lk_flag], [], [LK_CFLAGS="$LK_CFLAGS $lk_flag"], [:])
	done
])

# LK_ADD_LDFLAGS(FLAGS): adds to LK_LDFLAGS each flag that the linker takes.
AC_DEFUN([LK_ADD_LDFLAGS], [
	for lk_flag in $1; do
		LK_TRY_FLAG([$lk_flag], [-fPIE], [$lk_flag], [LK_LDFLAGS="$LK_LDFLAGS $lk_flag"], [:])
	done
])

# LK_NEED_FLAGS(FLAGS, SENTENCE): stops with the sentence when they do not work.
AC_DEFUN([LK_NEED_FLAGS], [
	LK_TRY_FLAG([$1], [$1], [$1], [:], [AC_MSG_ERROR([$2])])
])
