/* The filter's grammar, and how a row is held against it. A term's value is a pattern of folded code points;
 * texts are folded while they are walked, so that nothing is copied. */
#include "config.h"

#include "view/filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "settings/settings.h"

#define ANY UINT32_MAX /* in a pattern: any text */

struct term {
    enum filter_field field;
    bool negated, older; /* older: age>, else age< */
    uint32_t *pattern;
    size_t length;
    uint32_t *key; /* of a label */
    size_t key_length;
    bool has_value; /* of a label */
    int64_t age_ns;
};

struct filter {
    struct term terms[FILTER_TERMS_MAX];
    size_t count;
};

static const char *const field_names[FILTER_FIELDS] = {
    [FILTER_PROJECT] = "project", [FILTER_STAGE] = "stage",       [FILTER_SERVICE] = "service",
    [FILTER_STATE] = "state",     [FILTER_SEQUENCE] = "sequence", [FILTER_TASK] = "task",
    [FILTER_CONTEXT] = "context", [FILTER_RUN] = "run",           [FILTER_VERSION] = "version",
    [FILTER_BY] = "by",           [FILTER_TYPE] = "type",         [FILTER_RESULT] = "result",
    [FILTER_LABEL] = "label",     [FILTER_AGE] = "age",
};

const char *filter_field_name(enum filter_field field)
{
    return field_names[field];
}

/* ---- patterns ---- */

/* The code point at *at, folded; moves on. 0 at the end. Bytes that are no UTF-8 stand for themselves. */
static uint32_t next_folded(const char **at)
{
    uint32_t ch = 0;
    if (**at == '\0')
        return 0;
    const int n = utf8_decode(*at, strnlen(*at, 4), &ch);
    if (n <= 0) {
        ch = 0xD800u + (unsigned char)**at; /* no code point: meets only itself */
        *at += 1;
    } else {
        *at += n;
    }
    return utf8_lower(ch);
}

/* Is the text, from its start, what the pattern says? */
static bool matches(const uint32_t *pattern, size_t length, const char *text)
{
    size_t p = 0, star = SIZE_MAX;
    const char *retry = text;
    while (*text) {
        const char *next = text;
        if (p < length && pattern[p] == ANY) {
            star = p++;
            retry = text;
            continue;
        }
        const uint32_t ch = next_folded(&next);
        if (p < length && pattern[p] == ch) {
            p++;
            text = next;
            continue;
        }
        if (star == SIZE_MAX)
            return false;
        p = star + 1;
        (void)next_folded(&retry);
        text = retry;
    }
    while (p < length && pattern[p] == ANY)
        p++;
    return p == length;
}

/* ---- reading ---- */

struct reader {
    const char *at;
    uint32_t *value; /* of the term that is read */
    size_t length;
    bool quoted; /* something of it stood in quotes */
    struct error *err;
};

static bool is_end(char c)
{
    return c == '\0' || c == ' ' || c == '\t';
}

/* Reads up to a blank (or `until`) outside quotes. False: a quote is not closed. */
static bool read_value(struct reader *r, char until)
{
    bool inside = false;
    r->value = mem_alloc((strlen(r->at) + 3) * sizeof *r->value); /* with an ANY at both ends */
    r->length = 0;
    while (inside ? *r->at != '\0' : !is_end(*r->at) && *r->at != until) {
        if (*r->at == '"') {
            inside = !inside;
            r->quoted = true;
            r->at++;
        } else if (*r->at == '*' && !inside) {
            r->value[r->length++] = ANY;
            r->at++;
        } else {
            r->value[r->length++] = next_folded(&r->at);
        }
    }
    return !inside;
}

static enum status no_end_of_quote(struct reader *r)
{
    return error_set(r->err, STATUS_INVALID, "the quote is not closed");
}

static void surround(struct reader *r, bool front)
{
    if (front) {
        memmove(r->value + 1, r->value, r->length * sizeof *r->value);
        r->value[0] = ANY;
        r->length++;
    }
    r->value[r->length++] = ANY;
}

static enum status unknown_field(struct reader *r, const char *name)
{
    const char *near = settings_nearest(name, field_names, FILTER_FIELDS);
    char all[200] = "";
    size_t used = 0;
    for (int i = 0; i < FILTER_FIELDS; i++) {
        const size_t len = strlen(field_names[i]);
        memcpy(all + used, field_names[i], len);
        all[used + len] = ' ';
        used += len + 1;
    }
    all[used - 1] = '\0';
    return error_set(r->err, STATUS_INVALID,
                     "there is no field '%s'%s%s%s. There are: %s. In quotes it is a word: \"%s:\"", name,
                     near ? " (" : "", near ? near : "", near ? "?)" : "", all, name);
}

static enum status check_state(struct reader *r)
{
    char text[200] = "";
    size_t used = 0;
    for (int i = 0; i < MODEL_NOT_REACHED; i++) {
        const char *name = model_state_name((enum model_state)i);
        const size_t len = strlen(name);
        if (matches(r->value, r->length, name))
            return STATUS_OK;
        memcpy(text + used, name, len);
        text[used + len] = ' ';
        used += len + 1;
    }
    text[used - 1] = '\0';
    return error_set(r->err, STATUS_INVALID, "no state is called so: %s", text);
}

static enum status read_age(struct reader *r, struct term *t)
{
    char number[16], *end = NULL;
    size_t n = 0;
    t->older = *r->at++ == '>';
    if (*r->at == '=') /* ages are no whole numbers: the same */
        r->at++;
    while (!is_end(*r->at) && n + 1 < sizeof number)
        number[n++] = *r->at++;
    number[n] = '\0';
    const unsigned long long count = strtoull(number, &end, 10);
    const int64_t unit_ns = *end == 's'   ? CLOCK_S
                            : *end == 'm' ? 60 * CLOCK_S
                            : *end == 'h' ? 3600 * CLOCK_S
                            : *end == 'd' ? 86400 * CLOCK_S
                                          : 0;
    if (end == number || number[0] < '0' || number[0] > '9' || count > 100000 || unit_ns == 0 ||
        end[1] != '\0' || !is_end(*r->at))
        return error_set(r->err, STATUS_INVALID, "an age is a number with s, m, h or d: age>10m, age<2h");
    t->age_ns = (int64_t)count * unit_ns;
    return STATUS_OK;
}

static enum status read_label(struct reader *r, struct term *t)
{
    bool closed = read_value(r, '=');
    t->key = r->value;
    t->key_length = r->length;
    r->value = NULL;
    if (closed && *r->at == '=') {
        r->at++;
        closed = read_value(r, '\0');
        t->pattern = r->value;
        t->length = r->length;
        t->has_value = true;
        r->value = NULL;
    }
    if (!closed)
        return no_end_of_quote(r);
    if (t->key_length == 0)
        return error_set(r->err, STATUS_INVALID, "label: needs a name: label:team, label:version=v0.1.1");
    return STATUS_OK;
}

static enum status read_text(struct reader *r, struct term *t)
{
    const bool closed = read_value(r, '\0');
    enum status status = STATUS_OK;
    if (!closed)
        status = no_end_of_quote(r);
    else if (r->length == 0 && t->field == FILTER_WORD)
        status = error_set(r->err, STATUS_INVALID,
                           r->quoted ? "there is nothing in the quotes" : "! needs something behind it");
    else if (r->length == 0 && !r->quoted)
        status = error_set(r->err, STATUS_INVALID, "%s: needs something behind it", field_names[t->field]);
    else if (t->field == FILTER_STATE)
        status = check_state(r);
    if (status == STATUS_OK && (t->field == FILTER_WORD || t->field == FILTER_RUN))
        surround(r, t->field == FILTER_WORD);
    t->pattern = r->value;
    t->length = r->length;
    r->value = NULL;
    return status;
}

/* The field in front of ':' at r->at; moves behind it. FILTER_WORD: there is none. */
static enum status read_field(struct reader *r, enum filter_field *field)
{
    char name[24];
    size_t len = 0;
    *field = FILTER_WORD;
    while ((r->at[len] >= 'a' && r->at[len] <= 'z') || (r->at[len] >= 'A' && r->at[len] <= 'Z'))
        len++;
    if (len == 0 || len >= sizeof name)
        return STATUS_OK;
    for (size_t i = 0; i < len; i++)
        name[i] = (char)utf8_lower((unsigned char)r->at[i]);
    name[len] = '\0';
    const bool compares = r->at[len] == '<' || r->at[len] == '>';
    if (compares && strcmp(name, field_names[FILTER_AGE]) == 0) {
        *field = FILTER_AGE;
        r->at += len;
        return STATUS_OK;
    }
    if (r->at[len] != ':')
        return STATUS_OK;
    for (int i = 0; i < FILTER_FIELDS; i++)
        if (strcmp(name, field_names[i]) == 0)
            *field = (enum filter_field)i;
    if (*field == FILTER_WORD)
        return unknown_field(r, name);
    r->at += len + 1;
    if (*field == FILTER_AGE && *r->at != '<' && *r->at != '>')
        return error_set(r->err, STATUS_INVALID, "an age is compared: age>10m, age<2h");
    return STATUS_OK;
}

static enum status read_term(struct reader *r, struct term *t)
{
    for (; *r->at == '!'; r->at++)
        t->negated = !t->negated;
    const enum status status = read_field(r, &t->field);
    if (status != STATUS_OK)
        return status;
    r->quoted = false;
    if (t->field == FILTER_AGE)
        return read_age(r, t);
    return t->field == FILTER_LABEL ? read_label(r, t) : read_text(r, t);
}

static void term_free(struct term *t)
{
    free(t->pattern);
    free(t->key);
}

enum status filter_parse(const char *text, struct filter **out, struct error *err)
{
    struct reader r = {.at = text, .err = err};
    struct filter *f = MEM_NEW(struct filter);
    enum status status = STATUS_OK;
    for (;;) {
        r.at += strspn(r.at, " \t");
        if (*r.at == '\0' || status != STATUS_OK)
            break;
        if (f->count == FILTER_TERMS_MAX) {
            status = error_set(err, STATUS_INVALID, "more than %d terms", FILTER_TERMS_MAX);
            break;
        }
        struct term t = {0};
        status = read_term(&r, &t);
        if (status == STATUS_OK)
            f->terms[f->count++] = t;
        else
            term_free(&t);
    }
    if (f->count == 0) {
        free(f);
        f = NULL;
    }
    *out = f;
    return status;
}

void filter_free(struct filter *f)
{
    for (size_t i = 0; f && i < f->count; i++)
        term_free(&f->terms[i]);
    free(f);
}

bool filter_needs(const struct filter *f, enum filter_field field)
{
    for (size_t i = 0; f && i < f->count; i++)
        if (f->terms[i].field == field || f->terms[i].field == FILTER_WORD)
            return true;
    return false;
}

/* ---- fitting ---- */

static bool fits_text(const struct term *t, const char *const texts[FILTER_TEXTS_MAX])
{
    for (size_t i = 0; i < FILTER_TEXTS_MAX && texts[i]; i++)
        if (matches(t->pattern, t->length, texts[i]))
            return true;
    return false;
}

static bool fits_word(const struct term *t, const struct filter_row *row)
{
    for (int i = 0; i < FILTER_TEXT_FIELDS; i++)
        if (fits_text(t, row->texts[i]))
            return true;
    for (size_t i = 0; i < row->label_count; i++)
        if (matches(t->pattern, t->length, row->labels[i].key) ||
            matches(t->pattern, t->length, row->labels[i].value))
            return true;
    return row->other && matches(t->pattern, t->length, row->other);
}

static bool fits_label(const struct term *t, const struct filter_row *row)
{
    for (size_t i = 0; i < row->label_count; i++)
        if (matches(t->key, t->key_length, row->labels[i].key) &&
            (!t->has_value || matches(t->pattern, t->length, row->labels[i].value)))
            return true;
    return false;
}

static bool fits_age(const struct term *t, const struct filter_row *row, int64_t *changes_ns)
{
    if (row->since_ns <= 0)
        return false;
    const int64_t at_ns = row->since_ns + t->age_ns;
    if (at_ns > row->now_ns && at_ns < *changes_ns)
        *changes_ns = at_ns;
    return (row->now_ns >= at_ns) == t->older;
}

static bool fits(const struct term *t, const struct filter_row *row, int64_t *changes_ns)
{
    switch (t->field) {
    case FILTER_WORD:
        return fits_word(t, row);
    case FILTER_LABEL:
        return fits_label(t, row);
    case FILTER_AGE:
        return fits_age(t, row, changes_ns);
    default:
        return fits_text(t, row->texts[t->field]);
    }
}

bool filter_fits(const struct filter *f, const struct filter_row *row, int64_t *changes_ns)
{
    for (size_t i = 0; f && i < f->count; i++)
        if (fits(&f->terms[i], row, changes_ns) == f->terms[i].negated)
            return false;
    return true;
}
