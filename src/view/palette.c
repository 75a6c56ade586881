#include "config.h"

#include "view/palette.h"

#include <stdlib.h>

#define CUBE_FIRST 16
#define GREY_FIRST 232
#define GREY_COUNT 24

static const uint8_t cube_levels[] = {0, 95, 135, 175, 215, 255};

struct rgb {
    int r, g, b;
};

static struct rgb split(uint32_t rgb)
{
    return (struct rgb){.r = rgb >> 16 & 0xff, .g = rgb >> 8 & 0xff, .b = rgb & 0xff};
}

uint32_t palette_rgb(int index)
{
    static const uint32_t first[CUBE_FIRST] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                               0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                               0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
    if (index < CUBE_FIRST)
        return first[index < 0 ? 0 : index];
    if (index >= GREY_FIRST) {
        const uint32_t level = 8 + 10 * (uint32_t)(index - GREY_FIRST);
        return level << 16 | level << 8 | level;
    }
    const int n = index - CUBE_FIRST;
    return (uint32_t)cube_levels[n / 36] << 16 | (uint32_t)cube_levels[n / 6 % 6] << 8 | cube_levels[n % 6];
}

/* Of the cube and the greys, by distance; the eye sees green best and blue least. */
static int nearest_of_256(uint32_t rgb)
{
    const struct rgb want = split(rgb);
    int best = CUBE_FIRST, least = INT32_MAX;
    for (int i = CUBE_FIRST; i < GREY_FIRST + GREY_COUNT; i++) {
        const struct rgb is = split(palette_rgb(i));
        const int r = is.r - want.r, g = is.g - want.g, b = is.b - want.b;
        const int distance = 3 * r * r + 4 * g * g + 2 * b * b;
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

static int nearest_grey(int level, int count)
{
    if (level < 0x40)
        return 0;
    if (level >= 0xb0)
        return count > 8 && level >= 0xe8 ? 15 : 7;
    return count > 8 ? 8 : -1;
}

/* Of the 8, and the bright 8, by hue: which of red, green and blue are in it. */
static int nearest_hue(uint32_t rgb, int count)
{
    const struct rgb c = split(rgb);
    const int most = c.r > c.g ? (c.r > c.b ? c.r : c.b) : (c.g > c.b ? c.g : c.b);
    const int least = c.r < c.g ? (c.r < c.b ? c.r : c.b) : (c.g < c.b ? c.g : c.b);
    const int spread = most - least;
    if (spread * 5 < most || most < 0x30)
        return nearest_grey((c.r + c.g + c.b) / 3, count);
    const int middle = least + spread * 2 / 5;
    const int hue = (c.r > middle ? 1 : 0) | (c.g > middle ? 2 : 0) | (c.b > middle ? 4 : 0);
    return count > 8 && most >= 0xd8 ? hue + 8 : hue;
}

int palette_nearest(uint32_t rgb, int count)
{
    return count >= 256 ? nearest_of_256(rgb) : nearest_hue(rgb, count);
}
