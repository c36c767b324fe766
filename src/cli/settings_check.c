/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What settings of the screen that are texts can be. In a file of its own because the table of options refers to it. */
#include <string.h>

#include "cli/settings.h"
#include "table/filter.h"
#include "table/sort.h"

int lk_settings_check_columns(const char *value, struct lk_err *err)
{
	return lk_columns_check(lk_column_screen, value, err);
}

int lk_settings_check_sort(const char *value, struct lk_err *err)
{
	struct lk_sort sort;

	if (lk_column_named(lk_column_screen, value + (*value == '-'), strlen(value + (*value == '-'))))
		return 0;
	return lk_sort_parse(value, lk_column_list, &sort, err);
}

int lk_settings_check_filter(const char *value, struct lk_err *err)
{
	struct lk_filter *filter = NULL;
	int rc = lk_filter_parse(value + (*value == '='), lk_column_list, &filter, err);

	lk_filter_free(filter);
	return rc;
}
