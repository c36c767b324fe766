/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --filter: parses the text into a tree by recursive descent, bounded in depth and size, and tests rows with it. */
#include "table/filter.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"

enum lk_filter_kind { LK_FILTER_OR, LK_FILTER_AND, LK_FILTER_NOT, LK_FILTER_TEST };

enum lk_filter_op {
	LK_FILTER_BARE, /* no operator: is it known and true */
	LK_FILTER_EQ,
	LK_FILTER_NE,
	LK_FILTER_LT,
	LK_FILTER_LE,
	LK_FILTER_GT,
	LK_FILTER_GE,
	LK_FILTER_MATCH,
	LK_FILTER_NOMATCH,
};

struct lk_filter_node {
	enum lk_filter_kind kind;
	size_t left, right; /* indexes of nodes; AND, OR; NOT has left only */
	/* TEST: */
	const struct lk_column *column;
	enum lk_filter_op op;
	bool is_null; /* compares with null */
	struct lk_value value; /* of the column's type; value.s is text */
	char *text; /* owned; the value as written, unquoted */
	regex_t regex;
	bool has_regex;
};

struct lk_filter {
	LK_VEC(struct lk_filter_node) nodes;
	size_t root;
};

/* ---- reading ---- */

#define DEPTH_MAX 64
#define NODES_MAX 1000 /* bounds the recursion of the evaluator, too */
#define REGEX_LENGTH 1024 /* bytes */
#define REGEX_COPIES 4096

struct parser {
	const char *text;
	const struct lk_column *columns;
	size_t at;
	unsigned depth;
	struct lk_filter *filter;
	struct lk_err *err;
};

static int parse_or(struct parser *p, size_t *ret);

/* Appends the expression on one line, and a caret under byte `at`. Control characters are shown as blanks. */
static void put_place(lk_buf *out, const char *text, size_t at)
{
	size_t cells = 0;

	lk_buf_puts(out, "\n  ");
	for (size_t i = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		lk_buf_add(out, iscntrl(c) ? " " : &text[i], 1);
		if (i < at && (c & 0xc0) != 0x80)
			cells++;
	}
	lk_buf_printf(out, "\n  %*s", (int)cells + 1, "^");
}

__attribute__((format(printf, 3, 4))) static int fail(struct parser *p, size_t at, const char *fmt, ...)
{
	lk_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	lk_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < text.n; i++)
		text.v[i] = iscntrl((unsigned char)text.v[i]) ? ' ' : text.v[i];
	put_place(&text, p->text, at);
	lk_err_set(p->err, -EINVAL, "%s", lk_buf_str(&text));
	lk_vec_done(&text);
	return -EINVAL;
}

static void skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)p->text[p->at]))
		p->at++;
}

/* Skips blanks, and `word` if it comes next. Returns whether it did. */
static bool take(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(p);
	if (strncmp(p->text + p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

static int add_node(struct parser *p, struct lk_filter_node node, size_t *ret)
{
	if (p->filter->nodes.n >= NODES_MAX)
		return fail(p, p->at, "the expression has more than %d parts", NODES_MAX);
	*lk_vec_push(&p->filter->nodes) = node;
	*ret = p->filter->nodes.n - 1;
	return 0;
}

static bool is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == ':';
}

static int parse_column(struct parser *p, const struct lk_column **ret)
{
	const char *name = p->text + p->at;
	const char *near;
	size_t n = 0;

	while (is_name_byte(name[n]))
		n++;
	if (!n)
		return fail(p, p->at,
			    *name ? "a column name is expected here" : "it ends where a column name is expected");
	*ret = lk_column_named(p->columns, name, n);
	if (!*ret) {
		near = lk_column_suggest(p->columns, name, n);
		if (near)
			return fail(p, p->at, "there is no column \"%.*s\"; did you mean %s?", (int)n, name, near);
		return fail(p, p->at, "there is no column \"%.*s\"; %s lists them", (int)n, name,
			    lk_columns_lister(p->columns));
	}
	p->at += n;
	return 0;
}

static int parse_op(struct parser *p, enum lk_filter_op *ret)
{
	/* An operator stands before those that are a prefix of it. */
	static const struct {
		const char *word;
		enum lk_filter_op op;
	} ops[] = {
		{ "==", LK_FILTER_EQ },    { "!=", LK_FILTER_NE },      { "<=", LK_FILTER_LE }, { ">=", LK_FILTER_GE },
		{ "=~", LK_FILTER_MATCH }, { "!~", LK_FILTER_NOMATCH }, { "<", LK_FILTER_LT },  { ">", LK_FILTER_GT },
	};

	*ret = LK_FILTER_BARE;
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (take(p, ops[i].word)) {
			*ret = ops[i].op;
			return 0;
		}
	}
	if (p->text[p->at] == '=')
		return fail(p, p->at, "write == to compare");
	return 0;
}

/* "…": \" and \\ mean the second byte, any other backslash stays, so that regular expressions need no doubling. */
static int parse_quoted(struct parser *p, lk_buf *out)
{
	size_t start = p->at++;

	for (;; p->at++) {
		char c = p->text[p->at];

		if (!c)
			return fail(p, start, "this string has no closing quote");
		if (c == '"') {
			p->at++;
			return 0;
		}
		if (c == '\\' && (p->text[p->at + 1] == '"' || p->text[p->at + 1] == '\\'))
			c = p->text[++p->at];
		lk_buf_add(out, &c, 1);
	}
}

static int parse_bare(struct parser *p, lk_buf *out)
{
	size_t n = strcspn(p->text + p->at, " \t\r\n\v\f()&|\"!<>=");

	if (!n)
		return fail(p, p->at, "a value is expected here");
	lk_buf_add(out, p->text + p->at, n);
	p->at += n;
	return 0;
}

static int set_number(struct parser *p, size_t at, struct lk_filter_node *node)
{
	const char *s = node->text;
	bool minus = s[0] == '-';
	uint64_t u = 0;
	int rc;

	if (strcasecmp(s, "EOF") == 0) {
		node->value.i = LK_RANGE_EOF;
		node->value.u = UINT64_MAX;
		return 0;
	}
	rc = lk_text_size(s + minus, strlen(s + minus), &u);
	if (rc == -EINVAL)
		return fail(p, at, "%s is compared with a number, and \"%s\" is none", node->column->name, s);
	if (rc < 0 || (node->column->type == LK_COL_UNSIGNED ? minus : u > INT64_MAX))
		return fail(p, at, "%s is out of range for %s", s, node->column->name);
	node->value.i = minus ? -(int64_t)u : (int64_t)u;
	node->value.u = u;
	return 0;
}

static int set_bool(struct parser *p, size_t at, struct lk_filter_node *node)
{
	bool yes = strcasecmp(node->text, "true") == 0;

	if (!yes && strcasecmp(node->text, "false") != 0)
		return fail(p, at, "%s is compared with true, false or null", node->column->name);
	node->value.i = yes;
	return 0;
}

static int set_range(struct parser *p, size_t at, struct lk_filter_node *node)
{
	struct lk_range r;

	if (lk_range_parse(node->text, &r, NULL) < 0)
		return fail(p, at, "%s is compared with a range such as 0-99, and \"%s\" is none", node->column->name,
			    node->text);
	node->value.i = r.start;
	node->value.u = (uint64_t)r.end;
	return 0;
}

static bool is_word_of(const char *const *words, const char *s)
{
	for (size_t i = 0; words[i]; i++) {
		if (strcasecmp(words[i], s) == 0)
			return true;
	}
	return false;
}

static int set_word(struct parser *p, size_t at, struct lk_filter_node *node)
{
	const char *const *words = node->column->words;
	lk_buf list = { 0 };

	if (is_word_of(words, node->text))
		return 0;
	for (size_t i = 0; words[i]; i++)
		lk_buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
	fail(p, at, "%s is never \"%s\"; it is one of: %s", node->column->name, node->text, lk_buf_str(&list));
	lk_vec_done(&list);
	return -EINVAL;
}

/* regcomp(3) copies whatever '+' or '{n}' repeats. Nested repeats multiply the copies, so that a short expression could take any amount of
 * memory. Returns an upper bound of the copies. */
static uint64_t count_copies(const char *s)
{
	uint64_t copies = 1, times;

	for (; *s && copies <= REGEX_COPIES; s++) {
		if (*s == '\\' && s[1]) {
			s++;
		} else if (*s == '+') {
			copies *= 2;
		} else if (*s == '{') {
			size_t n = strcspn(s, "}"), comma = strcspn(s, ",");
			const char *last = comma < n ? s + comma + 1 : s + 1;

			if (lk_text_u64(last, (size_t)(s + n - last), 10, &times) < 0 &&
			    lk_text_u64(s + 1, (comma < n ? comma : n) - 1, 10, &times) < 0)
				continue;
			copies *= times > REGEX_COPIES ? REGEX_COPIES + 1 : times + 1;
		}
	}
	return copies;
}

static int set_regex(struct parser *p, size_t at, struct lk_filter_node *node)
{
	int flags = REG_EXTENDED | REG_NOSUB | (node->column->type == LK_COL_ENUM ? REG_ICASE : 0);
	char words[128];
	int rc;

	if (strlen(node->text) > REGEX_LENGTH || count_copies(node->text) > REGEX_COPIES)
		return fail(p, at, "this regular expression is too long or repeats too much");
	rc = regcomp(&node->regex, node->text, flags);
	if (rc == 0) {
		node->has_regex = true;
		return 0;
	}
	regerror(rc, &node->regex, words, sizeof(words));
	return fail(p, at, "bad regular expression: %s", words);
}

static bool is_text(const struct lk_column *col)
{
	return col->type == LK_COL_STRING || col->type == LK_COL_ENUM || col->type == LK_COL_RANGE;
}

/* Converts the text of the value to the type of the column. */
static int set_value(struct parser *p, size_t at, bool quoted, struct lk_filter_node *node)
{
	bool regex = node->op == LK_FILTER_MATCH || node->op == LK_FILTER_NOMATCH;
	bool equality = node->op == LK_FILTER_EQ || node->op == LK_FILTER_NE;

	node->value.known = true;
	node->value.s = node->text;
	if (regex && !is_text(node->column))
		return fail(p, at, "=~ and !~ are for text, and %s is not text", node->column->name);
	if (regex)
		return set_regex(p, at, node);
	if (!quoted && strcasecmp(node->text, "null") == 0) {
		node->is_null = true;
		return equality ? 0 : fail(p, at, "null can only be compared with == or !=");
	}
	if (!equality && (node->column->type == LK_COL_ENUM || node->column->type == LK_COL_BOOL))
		return fail(p, at, "%s has no order: use ==%s", node->column->name,
			    node->column->type == LK_COL_ENUM ? ", != or =~" : " or !=");
	switch (node->column->type) {
	case LK_COL_NUMBER:
	case LK_COL_UNSIGNED:
		return set_number(p, at, node);
	case LK_COL_BOOL:
		return set_bool(p, at, node);
	case LK_COL_RANGE:
		return set_range(p, at, node);
	case LK_COL_ENUM:
		return set_word(p, at, node);
	case LK_COL_STRING:
		break;
	}
	return 0;
}

static int parse_value(struct parser *p, struct lk_filter_node *node)
{
	lk_buf raw = { 0 };
	bool quoted;
	size_t at;
	int rc;

	skip_blanks(p);
	at = p->at;
	quoted = p->text[at] == '"';
	rc = quoted ? parse_quoted(p, &raw) : parse_bare(p, &raw);
	if (rc == 0) {
		node->text = lk_strdup(lk_buf_str(&raw));
		rc = set_value(p, at, quoted, node);
	}
	lk_vec_done(&raw);
	return rc;
}

static int parse_test(struct parser *p, size_t *ret)
{
	struct lk_filter_node *node;
	int rc = add_node(p, (struct lk_filter_node){ .kind = LK_FILTER_TEST }, ret);

	if (rc < 0)
		return rc;
	/* Filled in place: on failure lk_filter_free() frees what the node owns by then. */
	node = &p->filter->nodes.v[*ret];
	rc = parse_column(p, &node->column);
	if (rc == 0)
		rc = parse_op(p, &node->op);
	if (rc < 0 || node->op == LK_FILTER_BARE)
		return rc;
	return parse_value(p, node);
}

static int parse_group(struct parser *p, size_t *ret)
{
	size_t start = p->at - 1;
	int rc = parse_or(p, ret);

	if (rc == 0 && !take(p, ")"))
		rc = fail(p, start, "this parenthesis is not closed");
	return rc;
}

static int parse_negation(struct parser *p, size_t *ret);

static int parse_not(struct parser *p, size_t *ret)
{
	int rc;

	if (p->depth >= DEPTH_MAX)
		return fail(p, p->at, "the expression is nested more than %d deep", DEPTH_MAX);
	p->depth++;
	if (take(p, "!"))
		rc = parse_negation(p, ret);
	else if (take(p, "("))
		rc = parse_group(p, ret);
	else
		rc = parse_test(p, ret);
	p->depth--;
	return rc;
}

static int parse_negation(struct parser *p, size_t *ret)
{
	size_t inner;
	int rc = parse_not(p, &inner);

	return rc ? rc : add_node(p, (struct lk_filter_node){ .kind = LK_FILTER_NOT, .left = inner }, ret);
}

static int parse_chain(struct parser *p, const char *word, enum lk_filter_kind kind,
		       int (*operand)(struct parser *, size_t *), size_t *ret)
{
	size_t right;
	int rc = operand(p, ret);

	while (rc == 0 && take(p, word)) {
		rc = operand(p, &right);
		if (rc == 0)
			rc = add_node(p, (struct lk_filter_node){ .kind = kind, .left = *ret, .right = right }, ret);
	}
	return rc;
}

static int parse_and(struct parser *p, size_t *ret)
{
	return parse_chain(p, "&&", LK_FILTER_AND, parse_not, ret);
}

static int parse_or(struct parser *p, size_t *ret)
{
	return parse_chain(p, "||", LK_FILTER_OR, parse_and, ret);
}

int lk_filter_parse(const char *text, const struct lk_column *columns, struct lk_filter **ret, struct lk_err *err)
{
	struct parser p = { .text = text, .columns = columns, .err = err, .filter = lk_alloc(1, sizeof(*p.filter)) };
	int rc = parse_or(&p, &p.filter->root);

	skip_blanks(&p);
	if (rc == 0 && text[p.at])
		rc = fail(&p, p.at, "&&, || or the end is expected here");
	if (rc < 0) {
		lk_filter_free(p.filter);
		return rc;
	}
	*ret = p.filter;
	return 0;
}

/* ---- rows ---- */

void lk_filter_free(struct lk_filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->nodes.n; i++) {
		struct lk_filter_node *node = &f->nodes.v[i];

		free(node->text);
		if (node->has_regex)
			regfree(&node->regex);
	}
	lk_vec_done(&f->nodes);
	free(f);
}

unsigned lk_filter_needs(const struct lk_filter *f)
{
	unsigned needs = 0;

	for (size_t i = 0; f && i < f->nodes.n; i++)
		needs |= f->nodes.v[i].column ? f->nodes.v[i].column->needs : 0;
	return needs;
}

static bool is_true(const struct lk_column *col, const struct lk_value *v)
{
	if (!v->known)
		return false;
	switch (col->type) {
	case LK_COL_NUMBER:
	case LK_COL_BOOL:
		return v->i != 0;
	case LK_COL_UNSIGNED:
		return v->u != 0;
	case LK_COL_STRING:
	case LK_COL_ENUM:
	case LK_COL_RANGE:
		break;
	}
	return v->s[0] != '\0';
}

static bool order_fits(enum lk_filter_op op, int order)
{
	switch (op) {
	case LK_FILTER_EQ:
		return order == 0;
	case LK_FILTER_NE:
		return order != 0;
	case LK_FILTER_LT:
		return order < 0;
	case LK_FILTER_LE:
		return order <= 0;
	case LK_FILTER_GT:
		return order > 0;
	case LK_FILTER_GE:
		return order >= 0;
	default:
		return false;
	}
}

static bool test_value(const struct lk_filter_node *node, const struct lk_value *v)
{
	if (node->op == LK_FILTER_BARE)
		return is_true(node->column, v);
	if (node->is_null)
		return (node->op == LK_FILTER_EQ) == !v->known;
	if (!v->known)
		return false;
	if (node->has_regex)
		return (regexec(&node->regex, v->s, 0, NULL, 0) == 0) == (node->op == LK_FILTER_MATCH);
	/* Words are only equal or not; the rank in lk_value.i is for sorting. */
	if (node->column->type == LK_COL_ENUM)
		return order_fits(node->op, strcasecmp(v->s, node->value.s));
	return order_fits(node->op, lk_value_compare(node->column, v, &node->value));
}

static bool test_row(const struct lk_filter_node *node, const struct lk_row *row)
{
	lk_buf scratch = { 0 };
	struct lk_value v = node->column->get(row, &scratch);
	bool yes = test_value(node, &v);

	lk_vec_done(&scratch);
	return yes;
}

/* The parser bounds the depth. */
static bool match(const struct lk_filter *f, size_t at, const struct lk_row *row)
{
	const struct lk_filter_node *node = &f->nodes.v[at];

	switch (node->kind) {
	case LK_FILTER_OR:
		return match(f, node->left, row) || match(f, node->right, row);
	case LK_FILTER_AND:
		return match(f, node->left, row) && match(f, node->right, row);
	case LK_FILTER_NOT:
		return !match(f, node->left, row);
	case LK_FILTER_TEST:
		break;
	}
	return test_row(node, row);
}

bool lk_filter_match(const struct lk_filter *f, const struct lk_row *row)
{
	return !f || match(f, f->root, row);
}
