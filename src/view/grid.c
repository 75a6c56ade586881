#include "config.h"

#include "view/grid.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/mem.h"
#include "base/utf8.h"

#define CLUSTER_MAX    63      /* bytes; a base character and the 4 marks that the sanitiser leaves need 20 */
#define CLUSTERS_LIMIT 1048576 /* bytes of all clusters of a frame; past it marks are left out */

static int clamp_size(int n)
{
    return n < 1 ? 1 : n > GRID_SIZE_MAX ? GRID_SIZE_MAX : n;
}

void grid_resize(struct grid *g, int w, int h)
{
    w = clamp_size(w);
    h = clamp_size(h);
    if (w != g->w || h != g->h) {
        free(g->cells);
        g->cells = mem_alloc((size_t)w * (size_t)h * sizeof *g->cells);
        g->w = w;
        g->h = h;
    }
    if (g->clusters.limit == 0)
        g->clusters = BUFFER_LIMIT(CLUSTERS_LIMIT);
    grid_clear(g, 0);
}

void grid_clear(struct grid *g, int role)
{
    const struct cell blank = {.glyph = ' ', .role = (uint8_t)role, .width = 1};
    const size_t count = (size_t)g->w * (size_t)g->h;
    for (size_t i = 0; i < count; i++)
        g->cells[i] = blank;
    buffer_clear(&g->clusters);
}

void grid_free(struct grid *g)
{
    free(g->cells);
    buffer_free(&g->clusters);
    *g = (struct grid){0};
}

struct rect rect_cut(struct rect a, struct rect b)
{
    const int x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
    const int right = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    const int bottom = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    return (struct rect){.x = x, .y = y, .w = right > x ? right - x : 0, .h = bottom > y ? bottom - y : 0};
}

static struct rect whole(const struct grid *g)
{
    return (struct rect){.w = g->w, .h = g->h};
}

static struct cell *at(struct grid *g, int x, int y)
{
    return &g->cells[(size_t)y * (size_t)g->w + (size_t)x];
}

/* Sets one cell and mends what it cuts in two: the other half of a wide character becomes a blank. */
static void set_cell(struct grid *g, int x, int y, struct cell c)
{
    struct cell *old = at(g, x, y);
    if (old->width == 0 && x > 0 && at(g, x - 1, y)->width == 2) {
        at(g, x - 1, y)->glyph = ' ';
        at(g, x - 1, y)->width = 1;
    }
    if (old->width == 2 && x + 1 < g->w) {
        at(g, x + 1, y)->glyph = ' ';
        at(g, x + 1, y)->width = 1;
    }
    *old = c;
}

static bool wide_ambiguous;

void grid_use_wide_ambiguous(bool wide)
{
    wide_ambiguous = wide;
}

bool grid_wide_ambiguous(void)
{
    return wide_ambiguous;
}

/* The bytes at the start of a cluster that share one cell: a base and the marks on it. cells: what the C
 * library gives them, 0: none of it can be shown. A spacing mark or the second half of a flag gets a cell of
 * its own, as on terminals. */
static size_t one_cell(const char *text, size_t len, int *cells)
{
    size_t used = 0;
    *cells = 0;
    while (used < len) {
        uint32_t cp = 0;
        const int n = utf8_decode(text + used, len - used, &cp);
        const int width = n > 0 ? wcwidth((wchar_t)cp) : -1;
        if (used == 0 && (width < 1 || width > 2))
            return n > 0 ? (size_t)n : 1;
        if (used > 0 && width != 0)
            break;
        if (used == 0)
            *cells = width;
        used += (size_t)n;
    }
    return used;
}

static uint32_t glyph_of(struct grid *g, const char *text, size_t len)
{
    uint32_t cp = 0;
    const int n = utf8_decode(text, len, &cp);
    if (n > 0 && (size_t)n == len)
        return cp;
    const size_t offset = g->clusters.len;
    if (len > CLUSTER_MAX || !buffer_add(&g->clusters, text, len))
        return cp;
    if (!buffer_add_char(&g->clusters, '\0'))
        return cp;
    return GRID_CLUSTER | (uint32_t)offset;
}

static void put_cluster(struct grid *g, struct rect clip, int x, int y, struct cell c)
{
    for (int i = 0; i < c.width; i++) {
        if (x + i < clip.x || x + i >= clip.x + clip.w)
            continue;
        const bool whole_seen = x >= clip.x && x + c.width <= clip.x + clip.w;
        struct cell part = {.glyph = ' ', .role = c.role, .width = 1};
        if (whole_seen && i == 0)
            part = c;
        else if (whole_seen)
            part.width = 0;
        set_cell(g, x + i, y, part);
    }
}

/* Puts one cluster of `width` cells. Where the C library counts other cells, it becomes U+FFFD and blanks:
 * columns hold. */
static void put_grapheme(struct grid *g, struct rect clip, int x, int y, int role, const char *text,
                         size_t len, int width)
{
    int total = 0, cells = 0;
    size_t n;
    for (size_t i = 0; i < len; i += n) {
        n = one_cell(text + i, len - i, &cells);
        total = cells == 0 ? -1000 : total + cells;
    }
    if (total != width || (g->ascii && (unsigned char)*text >= 0x80)) {
        /* U+FFFD is itself of ambiguous width */
        struct cell c = {
            .glyph = g->ascii || wide_ambiguous ? '?' : 0xfffd, .role = (uint8_t)role, .width = 1};
        for (int i = 0; i < width; i++, c.glyph = ' ')
            put_cluster(g, clip, x + i, y, c);
        return;
    }
    for (size_t i = 0; i < len; i += n, x += cells) {
        n = one_cell(text + i, len - i, &cells);
        const struct cell c = {
            .glyph = glyph_of(g, text + i, n), .role = (uint8_t)role, .width = (uint8_t)cells};
        put_cluster(g, clip, x, y, c);
    }
}

int grid_text(struct grid *g, struct rect clip, int x, int y, int role, const char *text)
{
    clip = rect_cut(clip, whole(g));
    const bool row_seen = y >= clip.y && y < clip.y + clip.h;
    const int start = x;
    int width = 0;
    for (size_t n; (n = utf8_next_grapheme(text, grid_wide_ambiguous(), &width)) > 0 && x < GRID_SIZE_MAX * 2;
         text += n) {
        width =
            width < 1 ? 1 : width; /* nothing that the sanitiser lets pass; one visible cell all the same */
        if (row_seen)
            put_grapheme(g, clip, x, y, role, text, n, width);
        x += width;
    }
    return x - start;
}

void grid_fill(struct grid *g, struct rect area, int role, const char *glyph)
{
    area = rect_cut(area, whole(g));
    struct cell c = {.glyph = glyph_of(g, glyph, strlen(glyph)), .role = (uint8_t)role, .width = 1};
    for (int y = area.y; y < area.y + area.h; y++)
        for (int x = area.x; x < area.x + area.w; x++)
            set_cell(g, x, y, c);
}

void grid_paint(struct grid *g, struct rect area, int role)
{
    area = rect_cut(area, whole(g));
    for (int y = area.y; y < area.y + area.h; y++)
        for (int x = area.x; x < area.x + area.w; x++)
            at(g, x, y)->role = (uint8_t)role;
}

const struct cell *grid_cell(const struct grid *g, int x, int y)
{
    return &g->cells[(size_t)y * (size_t)g->w + (size_t)x];
}

static size_t encode(uint32_t cp, char *out)
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (cp >> 18 & 7));
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

size_t grid_cell_text(const struct grid *g, const struct cell *c, char out[64])
{
    size_t len = 0;
    if (c->width > 0 && c->glyph & GRID_CLUSTER) {
        const char *text = buffer_text(&g->clusters) + (c->glyph & ~GRID_CLUSTER);
        len = strlen(text);
        memcpy(out, text, len); /* CLUSTER_MAX is less than 64 */
    } else if (c->width > 0) {
        len = encode(c->glyph, out);
    }
    out[len] = '\0';
    return len;
}

/* FNV-1a over what a row shows; clusters by their text, since offsets differ from frame to frame. */
uint64_t grid_row_hash(const struct grid *g, int y, bool with_roles)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int x = 0; x < g->w; x++) {
        const struct cell *c = grid_cell(g, x, y);
        uint64_t word = (uint64_t)(with_roles ? c->role : 0) << 32 | (uint64_t)c->width << 40;
        if (c->glyph & GRID_CLUSTER) {
            for (const char *p = buffer_text(&g->clusters) + (c->glyph & ~GRID_CLUSTER); *p; p++)
                hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
            word |= GRID_CLUSTER;
        } else {
            word |= c->glyph;
        }
        for (int shift = 0; shift < 48; shift += 8)
            hash = (hash ^ (word >> shift & 0xff)) * UINT64_C(1099511628211);
    }
    return hash;
}
