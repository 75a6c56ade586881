/* Letters of cells. The two fonts are X11's misc-fixed 5x7 and 4x6 (X.Org, font-misc-misc), which are in the
 * public domain: they were drawn to be told apart at that size. In the larger one W and
 * M are ours, and a pixel wider, as theirs look like H. */
#include "config.h"

#include "view/bigtype.h"

#include <assert.h>
#include <string.h>

#define FIRST ' '
#define LAST  '~'

/* A letter a number: rows from the top, each from the left, the last pixel in the lowest bit. */
static const uint64_t large[LAST - FIRST + 1] = {
    0x000000000, 0x108420080, 0x294a00000, 0x015f57d40, 0x01d4715c0, 0x424444840, 0x011445140, 0x108400000,
    0x110842080, 0x208421100, 0x014471140, 0x0084f9080, 0x000001888, 0x0000f0000, 0x000003180, 0x004444000,
    0x114a52880, 0x1184211c0, 0x3242223c0, 0x784c14980, 0x1194f1080, 0x7a1c14980, 0x321c94980, 0x784422100,
    0x324c94980, 0x325270980, 0x018c03180, 0x018c03110, 0x004441040, 0x001e07800, 0x010411100, 0x114220080,
    0x3256b4180, 0x3252f4a40, 0x725c94b80, 0x325084980, 0x725294b80, 0x7a1c843c0, 0x7a1c84200, 0x3250b49c0,
    0x4a5e94a40, 0x3884211c0, 0x084214980, 0x4a98c5240, 0x4210843c0, 0x4775ac620, 0x4b5ab5a40, 0x325294980,
    0x7252e4200, 0x325296982, 0x7252e5240, 0x324824980, 0x388421080, 0x4a5294980, 0x4a5293180, 0x4631aee20,
    0x4a4c64a40, 0x294a21080, 0x7844443c0, 0x3908421c0, 0x020820800, 0x3842109c0, 0x114000000, 0x0000003c0,
    0x208000000, 0x000e95940, 0x421c94b80, 0x000c84180, 0x084e949c0, 0x000cb6180, 0x1148e2100, 0x000e9320e,
    0x421c94a40, 0x100c211c0, 0x080210944, 0x4214c5240, 0x3084211c0, 0x001aad6a0, 0x001c94a40, 0x000c94980,
    0x001c94b90, 0x000e949c2, 0x001c94200, 0x000ec1b80, 0x211c420c0, 0x0012949c0, 0x000a52880, 0x0011ad540,
    0x001263240, 0x001292888, 0x001e223c0, 0x088c21040, 0x108421080, 0x208621100, 0x2a8000000};
static const uint64_t small[LAST - FIRST + 1] = {
    0x000000, 0x444040, 0xaa0000, 0xafafa0, 0x4ec2e4, 0x824820, 0x4a4a50, 0x440000, 0x244442, 0x844448,
    0xa4e4a0, 0x44e440, 0x000048, 0x00e000, 0x000040, 0x224880, 0x4aea40, 0x4c44e0, 0x4a24e0, 0xe242c0,
    0xaae220, 0xe8c2c0, 0x68ca40, 0xe24880, 0x6a4ac0, 0x4a62c0, 0x040040, 0x040048, 0x248420, 0x0e0e00,
    0x842480, 0xc24040, 0x6aa860, 0x4aeaa0, 0xcacac0, 0x4a8a40, 0xcaaac0, 0xe8c8e0, 0xe8c880, 0x68aa60,
    0xaaeaa0, 0xe444e0, 0x222a40, 0xaacaa0, 0x8888e0, 0xaeeaa0, 0x2aea80, 0x4aaa40, 0xcac880, 0x4aaa42,
    0xcacaa0, 0x6842c0, 0xe44440, 0xaaaae0, 0xaaae40, 0xaaeea0, 0xaa4aa0, 0xaa4440, 0xe248e0, 0x644460,
    0x884220, 0xc444c0, 0x4a0000, 0x00000e, 0x420000, 0x06aa60, 0x8caac0, 0x068860, 0x26aa60, 0x04ac60,
    0x24e440, 0x06a62c, 0x8caaa0, 0x40c4e0, 0x20222c, 0x8acaa0, 0xc444e0, 0x0aeaa0, 0x0caaa0, 0x04aa40,
    0x0cac88, 0x06aa62, 0x0ac880, 0x06c2c0, 0x4e4420, 0x0aaa60, 0x0aaa40, 0x0aaea0, 0x0a44a0, 0x0aa62c,
    0x0e24e0, 0x24c442, 0x444440, 0x846448, 0x5a0000};

static const struct font {
    const uint64_t *letters;
    int w, h; /* pixels, with what parts it from the next letter; the last row is for what hangs below */
} fonts[] = {[BIG_LARGE] = {large, 5, 7}, [BIG_SMALL] = {small, 4, 6}};

/* Cells from one letter to the next. */
static int advance(struct big_type type, char letter)
{
    const bool wide = type.font == BIG_LARGE && strchr("WwMm", letter) != NULL;
    return (fonts[type.font].w + (wide ? 1 : 0)) * type.scale;
}

int big_width(struct big_type type, const char *text)
{
    int width = 0;
    for (; *text; text++) {
        if (*text < FIRST || *text > LAST || width > GRID_SIZE_MAX)
            return -1;
        width += advance(type, *text);
    }
    return width - type.scale; /* without what parts the last one from nothing */
}

int big_height(struct big_type type, bool halves)
{
    const int pixels = fonts[type.font].h * type.scale;
    return halves ? (pixels + 1) / 2 : pixels;
}

int big_baseline(struct big_type type, bool halves)
{
    const int pixels = (fonts[type.font].h - 1) * type.scale;
    return halves ? (pixels + 1) / 2 : pixels;
}

static bool pixel(const struct font *font, char letter, int x, int y)
{
    if (y >= font->h || x >= font->w)
        return false;
    const int bit = (font->h - 1 - y) * font->w + font->w - 1 - x;
    return font->letters[letter - FIRST] >> bit & 1;
}

static void draw_letter(struct grid *g, struct rect at, int role, const struct big_ink *ink,
                        struct big_type type, char letter)
{
    const struct font *font = &fonts[type.font];
    for (int y = 0; y < at.h; y++) {
        for (int x = 0; x < at.w; x++) {
            const int px = x / type.scale;
            const bool top = pixel(font, letter, px, (ink->halves ? y * 2 : y) / type.scale);
            const bool low = ink->halves ? pixel(font, letter, px, (y * 2 + 1) / type.scale) : top;
            const char *glyph = top && low ? ink->full : top ? ink->upper : ink->lower;
            if (top || low)
                grid_fill(g, (struct rect){.x = at.x + x, .y = at.y + y, .w = 1, .h = 1}, role, glyph);
        }
    }
}

void big_draw(struct grid *g, struct rect clip, int role, const struct big_ink *ink, struct big_type type,
              const char *text)
{
    const int h = big_height(type, ink->halves);
    assert(h <= clip.h && big_width(type, text) >= 0);
    for (int x = clip.x; *text && x < clip.x + clip.w; x += advance(type, *text++)) {
        const int left = clip.x + clip.w - x, w = advance(type, *text);
        draw_letter(g, (struct rect){.x = x, .y = clip.y, .w = w < left ? w : left, .h = h}, role, ink, type,
                    *text);
    }
}

bool big_choose(const char *text, int w, int h, bool halves, struct big_type *out)
{
    static const struct big_type types[] = {{BIG_LARGE, 6}, {BIG_LARGE, 5}, {BIG_LARGE, 4}, {BIG_LARGE, 3},
                                            {BIG_LARGE, 2}, {BIG_LARGE, 1}, {BIG_SMALL, 1}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const int width = big_width(types[i], text);
        if (width < 0)
            return false;
        if (width <= w && big_height(types[i], halves) <= h) {
            *out = types[i];
            return true;
        }
    }
    return false;
}
