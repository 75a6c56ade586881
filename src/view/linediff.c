#include "config.h"

#include "view/linediff.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct line {
    const char *text;
    size_t len;
};

struct text {
    struct line *lines;
    size_t count;
};

static bool split(const char *text, size_t len, struct text *out)
{
    size_t capacity = 0;
    *out = (struct text){0};
    for (const char *p = text, *end = text + len; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        if (out->count == LINEDIFF_LINES_MAX)
            return false;
        MEM_GROW(out->lines, out->count, capacity);
        out->lines[out->count++] = (struct line){.text = p, .len = (size_t)(stop - p)};
        p = stop + 1;
    }
    return true;
}

static bool same(const struct line *a, const struct line *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static void add(struct linediff *d, char kind, const struct line *line, size_t old_at, size_t new_at)
{
    MEM_GROW(d->lines, d->count, d->capacity);
    d->lines[d->count++] = (struct linediff_line){
        .kind = kind, .text = line->text, .len = line->len, .old_line = old_at + 1, .new_line = new_at + 1};
}

/* ---- the middle, between the ends that both share ---- */

struct middle {
    const struct line *a, *b;
    long n, m;
    size_t a_at, b_at; /* where it begins */
};

/* How far each diagonal k (of -d to d) reached with d edits: rows[d][k + d]. */
struct trace {
    long **rows;
    long count;
};

static void trace_free(struct trace *t)
{
    for (long d = 0; d < t->count; d++)
        free(t->rows[d]);
    free(t->rows);
}

/* One more edit, from what d - 1 reached. */
static long start_of(const struct trace *t, long d, long k)
{
    if (d == 0)
        return 0;
    const long *before = t->rows[d - 1];
    const bool down = k == -d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
    return down ? before[k + 1 + d - 1] : before[k - 1 + d - 1] + 1;
}

/* False: more than LINEDIFF_EDITS_MAX edits lie between the two. */
static bool search(const struct middle *mid, struct trace *t)
{
    t->rows = mem_alloc((LINEDIFF_EDITS_MAX + 1) * sizeof *t->rows);
    for (long d = 0; d <= LINEDIFF_EDITS_MAX; d++) {
        t->rows[d] = mem_alloc((size_t)(2 * d + 1) * sizeof **t->rows);
        t->count = d + 1;
        for (long k = -d; k <= d; k += 2) {
            long x = start_of(t, d, k);
            while (x < mid->n && x - k >= 0 && x - k < mid->m && same(&mid->a[x], &mid->b[x - k]))
                x++;
            t->rows[d][k + d] = x;
            if (x >= mid->n && x - k >= mid->m)
                return true;
        }
    }
    return false;
}

struct edit {
    char kind;
    long x, y; /* where it stands in a and in b */
};

/* From the end back to the start; edits[0] is the last. Returns how many. */
static size_t walk_back(const struct middle *mid, const struct trace *t, struct edit *edits)
{
    size_t count = 0;
    long x = mid->n, y = mid->m;
    for (long d = t->count - 1; d >= 0; d--) {
        const long k = x - y, start = start_of(t, d, k);
        while (x > start && y > 0 && x > 0)
            edits[count++] = (struct edit){' ', --x, --y};
        if (d == 0)
            break;
        const long *before = t->rows[d - 1];
        const bool down = k == -d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
        if (down)
            edits[count++] = (struct edit){'+', x, --y};
        else
            edits[count++] = (struct edit){'-', --x, y};
    }
    return count;
}

static void add_rough(struct linediff *d, const struct middle *mid)
{
    for (long i = 0; i < mid->n; i++)
        add(d, '-', &mid->a[i], mid->a_at + (size_t)i, mid->b_at);
    for (long i = 0; i < mid->m; i++)
        add(d, '+', &mid->b[i], mid->a_at + (size_t)mid->n, mid->b_at + (size_t)i);
    d->rough = true;
}

static void add_middle(struct linediff *d, const struct middle *mid)
{
    struct trace t = {0};
    if (search(mid, &t)) {
        struct edit *edits = mem_alloc((size_t)(mid->n + mid->m + 1) * sizeof *edits);
        for (size_t i = walk_back(mid, &t, edits); i-- > 0;) {
            const struct edit *e = &edits[i];
            add(d, e->kind, e->kind == '+' ? &mid->b[e->y] : &mid->a[e->x], mid->a_at + (size_t)e->x,
                mid->b_at + (size_t)e->y);
        }
        free(edits);
    } else {
        add_rough(d, mid);
    }
    trace_free(&t);
}

/* ---- all ---- */

bool linediff_make(const char *old_text, size_t old_len, const char *new_text, size_t new_len,
                   struct linediff *out)
{
    struct text a, b = {0};
    size_t head = 0, tail = 0;
    *out = (struct linediff){0};
    const bool fits = split(old_text, old_len, &a) && split(new_text, new_len, &b);
    if (fits) {
        while (head < a.count && head < b.count && same(&a.lines[head], &b.lines[head]))
            head++;
        while (tail < a.count - head && tail < b.count - head &&
               same(&a.lines[a.count - 1 - tail], &b.lines[b.count - 1 - tail]))
            tail++;
        for (size_t i = 0; i < head; i++)
            add(out, ' ', &a.lines[i], i, i);
        const struct middle mid = {.a = a.lines + head,
                                   .b = b.lines + head,
                                   .n = (long)(a.count - head - tail),
                                   .m = (long)(b.count - head - tail),
                                   .a_at = head,
                                   .b_at = head};
        if (mid.n + mid.m > 0)
            add_middle(out, &mid);
        for (size_t i = 0; i < tail; i++)
            add(out, ' ', &a.lines[a.count - tail + i], a.count - tail + i, b.count - tail + i);
    }
    free(a.lines);
    free(b.lines);
    return fits;
}

void linediff_free(struct linediff *d)
{
    free(d->lines);
    *d = (struct linediff){0};
}
