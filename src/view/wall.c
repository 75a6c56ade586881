/* The wall: read from three metres, by people who do not touch it. What waits and for how long always stands
 * at the top, then the oldest that wait; what failed lately and the last result of each stage share the rest.
 * Nothing of it moves by itself but clocks, ages, pages of stages, and now and then the whole picture by a
 * cell. */
#include "config.h"

#include "view/wall.h"

#include <string.h>

#include "base/clock.h"
#include "event/event.h"

#define SHIFT_NS     (10 * 60 * CLOCK_S) /* burn-in: the picture stands elsewhere after it */
#define SHIFT_MIN_W  40                  /* a smaller terminal has no cell to spare */
#define SHIFT_MIN_H  10
#define MESSAGE_MS   8000 /* what answers a key stays */
#define WARN_NS      (7 * 24 * 3600 * CLOCK_S)
#define NOTHING      "NOTHING WAITING" /* words of ours in capitals: they are better told from afar */
#define UNKNOWN      "WAITING UNKNOWN"
#define TROUBLES_MAX 4

int64_t wall_redraw_ms = INT64_C(5) * 60 * 1000, wall_idle_ms = INT64_C(2) * 60 * 1000;

struct rect wall_take_rows(struct rect *left, int rows)
{
    rows = rows > left->h ? left->h : rows < 0 ? 0 : rows;
    const struct rect taken = {.x = left->x, .y = left->y, .w = left->w, .h = rows};
    left->y += rows;
    left->h -= rows;
    return taken;
}

struct big_ink wall_ink(const struct view *v)
{
    struct big_ink ink = {.full = view_glyph(v, GLYPH_FULL_BLOCK),
                          .upper = view_glyph(v, GLYPH_UPPER_HALF),
                          .lower = view_glyph(v, GLYPH_LOWER_HALF)};
    ink.halves = strcmp(ink.upper, ink.full) != 0;
    return ink;
}

bool wall_shows(const struct view *v, const struct model_project *project)
{
    const struct settings_list *only = &v->settings->wall.projects;
    for (size_t i = 0; i < only->count; i++)
        if (strcmp(only->items[i], project->name) == 0)
            return true;
    return only->count == 0;
}

bool wall_hides(const struct view *v, const char *what)
{
    const struct settings_list *hidden = &v->settings->wall.hide;
    for (size_t i = 0; i < hidden->count; i++)
        if (strcmp(hidden->items[i], what) == 0)
            return true;
    return false;
}

const char *wall_version(struct view *v, const struct model_sequence *seq)
{
    const char *tag = seq->image ? event_image_tag(seq->image) : NULL;
    const char *version = wall_hides(v, "labels") ? tag : seq->version;
    return version ? view_safe(v, version) : "";
}

/* ---- what waits ---- */

struct count {
    size_t shown, elsewhere;
    struct pick oldest;
};

static struct count count_waiting(const struct view *v)
{
    struct count count = {0};
    for (size_t i = 0; i < view_waiting_count(v); i++) {
        const struct pick pick = view_waiting_at(v, i);
        if (!wall_shows(v, pick.seq->stage->project)) {
            count.elsewhere++;
        } else {
            count.oldest = count.shown == 0 ? pick : count.oldest;
            count.shown++;
        }
    }
    return count;
}

static const char *oldest_age(struct view *v, const struct count *count)
{
    v->clock = count->oldest.source;
    return view_age(v, count->oldest.seq->since_ns, false);
}

static const char *wall_clock(struct view *v)
{
    const int64_t minute_ns = 60 * CLOCK_S;
    v->clock = v->source_count > 0 ? v->sources[0] : NULL;
    const int64_t now_ns = view_now_ns(v);
    view_note_change(v, (now_ns / minute_ns + 1) * minute_ns);
    return view_clock(v, now_ns);
}

static void draw_count_plain(struct view *v, struct rect band, const struct count *count)
{
    const bool known = view_waiting_is_known(v);
    enum role role = count->shown > 0 ? ROLE_WAITING_CURSOR : known ? ROLE_SUCCEEDED : ROLE_STALE;
    const char *text = known ? "nothing waiting" : "waiting unknown";
    if (count->shown > 0 && band.w < 8)
        text = view_printf(v, "%zu", count->shown);
    else if (count->shown > 0)
        text = view_printf(v, "%s %zu%s %s", view_glyph(v, GLYPH_WAITING), count->shown,
                           band.w >= 16 ? " waiting" : "", oldest_age(v, count));
    (void)draw_cut(v, band, band.x, band.y, role, text);
}

/* The time of day, where the band has room for it right of what ends at x. */
static bool draw_big_clock(struct view *v, struct rect band, int x, enum role role)
{
    const struct big_ink ink = wall_ink(v);
    const struct big_type type = {BIG_LARGE, 1};
    const char *clock = wall_clock(v);
    const int w = big_width(type, clock), h = big_height(type, ink.halves);
    struct rect at = {.x = band.x + band.w - w - 1, .y = band.y, .w = w, .h = h};
    if (w < 0 || at.x < x + 3 || h > band.h)
        return false;
    big_draw(&v->grid, at, (int)role, &ink, type, clock);
    return true;
}

/* The number as large as the band allows, words and age beside it on the same line. Returns where it ends;
 * -1: it does not fit. */
static int draw_big_count(struct view *v, struct rect band, const struct count *count)
{
    const struct big_ink ink = wall_ink(v);
    const char *number = view_printf(v, "%zu", count->shown), *age = oldest_age(v, count);
    const char *words[] = {view_printf(v, "WAITING %s", age), age};
    struct big_type large, beside;
    for (size_t i = 0; i < 2; i++) {
        for (int h = band.h; big_choose(number, band.w / 3, h, ink.halves, &large); h--) {
            const int w = big_width(large, number), gap = 2 + large.scale;
            const int base = big_baseline(large, ink.halves);
            const int most = base + 1 < band.h ? base + 1 : band.h;
            if (!big_choose(words[i], band.w - w - gap, most, ink.halves, &beside))
                continue;
            const int top = base - big_baseline(beside, ink.halves),
                      beside_h = big_height(beside, ink.halves);
            if (top < 0 || top + beside_h > band.h)
                continue;
            struct rect at = {.x = band.x, .y = band.y, .w = w, .h = big_height(large, ink.halves)};
            big_draw(&v->grid, at, ROLE_WAITING_CURSOR, &ink, large, number);
            at =
                (struct rect){.x = band.x + w + gap, .y = band.y + top, .w = band.w - w - gap, .h = beside_h};
            big_draw(&v->grid, at, ROLE_WAITING_CURSOR, &ink, beside, words[i]);
            return at.x + big_width(beside, words[i]);
        }
    }
    return -1;
}

/* Returns whether the time of day stands in it. */
static bool draw_band(struct view *v, struct rect band, const struct count *count)
{
    const struct big_ink ink = wall_ink(v);
    const struct rect inner = {.x = band.x + 1, .y = band.y, .w = band.w - 2, .h = band.h};
    const bool known = view_waiting_is_known(v);
    const char *none = known ? NOTHING : UNKNOWN;
    struct big_type type;
    int end = -1;
    if (count->shown > 0)
        grid_fill(&v->grid, band, ROLE_WAITING_CURSOR, " ");
    if (band.w >= BIG_MIN_WIDTH && band.h >= 3 && count->shown > 0) {
        end = draw_big_count(v, inner, count);
    } else if (band.w >= BIG_MIN_WIDTH && big_choose(none, inner.w, band.h, ink.halves, &type)) {
        struct rect at = inner;
        at.h = big_height(type, ink.halves);
        big_draw(&v->grid, at, known ? ROLE_SUCCEEDED : ROLE_STALE, &ink, type, none);
        end = inner.x + big_width(type, none);
    }
    if (end < 0) {
        draw_count_plain(v, band, count);
        return false;
    }
    return draw_big_clock(v, band, end, count->shown > 0 ? ROLE_WAITING : ROLE_TEXT);
}

/* ---- freshness ---- */

static bool all_fresh(const struct view *v)
{
    for (size_t i = 0; i < v->source_count; i++)
        if (!source_is_fresh(v->sources[i]))
            return false;
    return v->source_count > 0;
}

/* What ails a connection, "": nothing. brief: for letters that are large rather than for all of it. */
static const char *trouble_text(struct view *v, const struct source *s, bool brief)
{
    static const char *const words[] = {[VIEW_LINK_CONNECTING] = "connecting",
                                        [VIEW_LINK_STALE] = "stale",
                                        [VIEW_LINK_OFFLINE] = "offline",
                                        [VIEW_LINK_REFUSED] = "token refused"};
    v->clock = s;
    if (source_is_fresh(s))
        return "";
    const char *label = v->source_count < 2 ? "" : view_printf(v, "%s ", view_safe(v, source_label(s)));
    const char *word = brief && s->link == VIEW_LINK_REFUSED ? "refused" : words[s->link];
    if (s->link == VIEW_LINK_CONNECTING || s->link_since_ns <= 0)
        return view_printf(v, "%s%s", label, word);
    return view_printf(v, "%s%s %s%s", label, word, brief ? "" : "since ", view_clock(v, s->link_since_ns));
}

/* "": it is valid for longer than a week, or nobody knows. */
static const char *expiry_text(struct view *v, const struct source *s)
{
    char age[16];
    v->clock = s;
    if (s->expires_ns == 0)
        return "";
    const int64_t left_ns = s->expires_ns - view_now_ns(v), hour_ns = 3600 * CLOCK_S;
    if (left_ns > WARN_NS) {
        view_note_change(v, s->expires_ns - WARN_NS);
        return "";
    }
    const char *whose =
        v->source_count < 2 ? "the token" : view_printf(v, "the token of %s", view_safe(v, source_label(s)));
    if (left_ns <= 0)
        return view_printf(v, "%s has expired: make a new one", whose);
    clock_format_age(left_ns, false, age);
    view_note_change(v, s->expires_ns - (left_ns - 1) / hour_ns * hour_ns);
    return view_printf(v, "%s expires in %s, %s: make a new one in time", whose, age,
                       view_clock(v, s->expires_ns));
}

struct troubles {
    const char *texts[TROUBLES_MAX], *briefs[TROUBLES_MAX], *whys[TROUBLES_MAX];
    enum role roles[TROUBLES_MAX];
    size_t count;
};

static void find_troubles(struct view *v, struct troubles *t)
{
    for (size_t i = 0; i < v->source_count && t->count < TROUBLES_MAX; i++) {
        const struct source *s = v->sources[i];
        const char *text = trouble_text(v, s, false);
        if (!*text)
            continue;
        const char *asking = s->link == VIEW_LINK_REFUSED ? "it is asked again now and then" : "";
        t->texts[t->count] = text;
        t->briefs[t->count] = trouble_text(v, s, true);
        t->whys[t->count] = view_safe(v, s->link_why ? s->link_why : asking);
        t->roles[t->count++] =
            s->link == VIEW_LINK_STALE || s->link == VIEW_LINK_CONNECTING ? ROLE_STALE : ROLE_OFFLINE;
    }
    for (size_t i = 0; i < v->source_count && t->count < TROUBLES_MAX; i++) {
        const char *text = expiry_text(v, v->sources[i]);
        if (!*text)
            continue;
        t->texts[t->count] = text;
        t->whys[t->count] = "";
        t->roles[t->count++] = ROLE_DANGER;
    }
}

static const char *in_capitals(struct view *v, const char *text)
{
    char *capitals = arena_string(&v->arena, text ? text : "");
    for (char *p = capitals; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    return capitals;
}

/* The one that is told in big type. NULL: there is no room, or it can be told small. */
static const char *big_trouble(struct view *v, const struct troubles *t, int width, int rows,
                               struct big_type *type)
{
    const struct big_ink ink = wall_ink(v);
    const int most = ink.halves ? 4 : 7;
    const char *texts[] = {in_capitals(v, t->texts[0]), in_capitals(v, t->briefs[0])};
    for (size_t i = 0; i < 2; i++)
        if (rows >= 5 && t->roles[0] != ROLE_DANGER &&
            big_choose(texts[i], width, rows - 1 < most ? rows - 1 : most, ink.halves, type))
            return texts[i];
    return NULL;
}

static void draw_big_trouble(struct view *v, struct rect *left, const struct troubles *t,
                             struct big_type type, const char *text)
{
    const struct big_ink ink = wall_ink(v);
    const int h = big_height(type, ink.halves);
    const bool all = strlen(text) == strlen(t->texts[0]);
    const char *below = all ? t->whys[0] : view_printf(v, "%s: %s", t->texts[0], t->whys[0]);
    struct rect at = wall_take_rows(left, h + (*below ? 1 : 0));
    grid_fill(&v->grid, at, (int)t->roles[0], " ");
    at = (struct rect){.x = at.x + 1, .y = at.y, .w = at.w - 2, .h = h};
    big_draw(&v->grid, at, (int)t->roles[0], &ink, type, text);
    at.h++;
    if (*below)
        (void)draw_cut(v, at, at.x, at.y + h, t->roles[0], below);
}

/* In big type the first one, a line each the others; they take at most a third. */
static void draw_troubles(struct view *v, struct rect *left, const struct troubles *t)
{
    struct big_type type;
    int room = left->h / 3;
    const char *big = t->count > 0 ? big_trouble(v, t, left->w - 2, room, &type) : NULL;
    if (big) {
        const int before = left->h;
        draw_big_trouble(v, left, t, type, big);
        room -= before - left->h;
    }
    for (size_t i = big ? 1 : 0; i < t->count && room > 0; i++, room--) {
        const struct rect line = wall_take_rows(left, 1);
        const char *why = *t->whys[i] ? view_printf(v, ": %s", t->whys[i]) : "";
        grid_fill(&v->grid, line, (int)t->roles[i], " ");
        (void)draw_cut(v, line, line.x + 1, line.y, t->roles[i], view_printf(v, "%s%s", t->texts[i], why));
    }
}

/* ---- the line at the top ---- */

static const char *freshness(struct view *v, enum role *role)
{
    size_t fresh = 0;
    if (v->source_count == 1) {
        const struct topbar_part part = topbar_link(v, v->sources[0]);
        *role = part.role;
        return part.text;
    }
    for (size_t i = 0; i < v->source_count; i++)
        fresh += source_is_fresh(v->sources[i]) ? 1 : 0;
    *role = fresh == v->source_count ? ROLE_LIVE : ROLE_STALE;
    if (fresh == v->source_count)
        return view_printf(v, "%s all %zu live", view_glyph(v, GLYPH_LIVE), fresh);
    return view_printf(v, "%s %zu of %zu not live", view_glyph(v, GLYPH_STALE), v->source_count - fresh,
                       v->source_count);
}

static const char *where(struct view *v)
{
    const char *text = "";
    for (size_t i = 0; i < v->source_count && i < 4; i++) {
        const struct source *s = v->sources[i];
        const char *label = view_safe(v, source_label(s));
        const char *who =
            wall_hides(v, "users") || !s->user ? "" : view_printf(v, " (%s)", view_safe(v, s->user));
        text = view_printf(v, "%s%s%s%s", text, i > 0 ? ", " : "", label, who);
    }
    return text;
}

/* told: a line that replaces it while the picture is old; "" none. */
static void draw_header(struct view *v, struct rect line, const char *told, enum role told_role,
                        bool with_clock)
{
    enum role role = ROLE_TEXT;
    const char *clock = with_clock ? wall_clock(v) : "";
    const char *fresh = freshness(v, &role);
    const int clock_w = with_clock ? view_width(clock) : 0;
    if (line.h < 1)
        return;
    if (*told) {
        grid_fill(&v->grid, line, (int)told_role, " ");
        const int told_w = draw_cut(v, line, line.x, line.y, told_role, told);
        if (told_w + clock_w + 1 <= line.w)
            draw_right(v, line, line.y, told_role, clock);
        return;
    }
    int end = line.x + line.w;
    if (with_clock && clock_w <= line.w) {
        end -= clock_w;
        (void)draw_text(v, line, end, line.y, ROLE_TITLE, clock);
        end -= 2;
    }
    if (end - view_width(fresh) < line.x)
        return;
    end -= view_width(fresh);
    (void)draw_text(v, line, end, line.y, role, fresh);
    const struct rect rest = {.x = line.x, .y = line.y, .w = end - line.x - 2, .h = 1};
    if (rest.w > 12)
        (void)draw_cut(v, rest, rest.x, rest.y, ROLE_TITLE, where(v));
}

/* ---- the picture ---- */

/* Where it stands just now. */
static struct rect shifted(struct view *v, struct rect area)
{
    if (area.w < SHIFT_MIN_W || area.h < SHIFT_MIN_H)
        return area;
    v->clock = NULL;
    const int64_t turn = view_now_ns(v) / SHIFT_NS % 4;
    view_note_change(v, (view_now_ns(v) / SHIFT_NS + 1) * SHIFT_NS);
    return (struct rect){.x = area.x + (turn == 1 || turn == 2 ? 1 : 0),
                         .y = area.y + (turn == 2 || turn == 3 ? 1 : 0),
                         .w = area.w - 1,
                         .h = area.h - 1};
}

static int band_height(const struct view *v, struct rect left)
{
    const struct big_ink ink = wall_ink(v);
    struct big_type type;
    if (left.w < BIG_MIN_WIDTH || left.h < 8)
        return 1;
    /* as high as the number can become, and no higher */
    return big_choose("0", left.w / 3, left.h / 3, ink.halves, &type) ? big_height(type, ink.halves) : 1;
}

/* The oldest that wait get what the others leave, which is at least half. */
static void draw_rest(struct view *v, struct rect left, const struct count *count)
{
    const bool small = left.h < 6;
    const int most = small ? 1 : count->shown > 0 ? left.h / 4 : left.h / 2;
    const int failed_rows = left.h < 3 && count->shown > 0 ? 0 : wall_failed_rows(v, most);
    const int room = count->shown > 0 ? (left.h - failed_rows) / 3 : left.h - failed_rows;
    int strip_rows = small && count->shown > 0 ? 0 : wall_strip_rows(v, left.w) + 1;
    strip_rows = strip_rows > room ? room : strip_rows;
    int oldest_rows = left.h - failed_rows - strip_rows;
    if (left.w < BIG_MIN_WIDTH && count->shown > 0 && (size_t)oldest_rows > count->shown && !small) {
        strip_rows += oldest_rows - (int)count->shown; /* a line each is all that they take */
        oldest_rows = (int)count->shown;
    }
    if (count->shown > 0)
        wall_draw_oldest(v, wall_take_rows(&left, oldest_rows));
    wall_draw_failed(v, wall_take_rows(&left, failed_rows));
    if (strip_rows > 1)
        wall_draw_strip(v, wall_take_rows(&left, strip_rows));
}

static void wall_draw(struct view *v, struct rect area)
{
    struct rect left = shifted(v, area);
    struct troubles troubles = {0};
    const struct count count = count_waiting(v);
    const bool big = left.w >= BIG_MIN_WIDTH && left.h >= SHIFT_MIN_H;
    find_troubles(v, &troubles);
    const struct rect header = wall_take_rows(&left, area.h > 1 ? 1 : 0);
    const bool told = troubles.count > 0 && !big;
    if (big)
        draw_troubles(v, &left, &troubles);
    const bool has_clock = draw_band(v, wall_take_rows(&left, band_height(v, left)), &count);
    draw_header(v, header, told ? troubles.texts[0] : "", told ? troubles.roles[0] : ROLE_STALE, !has_clock);
    if (!all_fresh(v) && big)
        grid_paint(&v->grid, header, ROLE_STALE);
    if (count.elsewhere > 0 && left.h > 4) {
        const struct rect line = wall_take_rows(&left, 1);
        (void)draw_cut(v, line, line.x, line.y, ROLE_DIM,
                       view_printf(v, "%zu more in projects that this wall leaves out", count.elsewhere));
    }
    draw_rest(v, left, &count);
    if (v->message && view_now_ms(v) - v->touched_ms < MESSAGE_MS)
        message_draw(v, area.y + area.h - 1, area.w);
}

/* No key of it leads to a change of anything. */
static unsigned wall_act(struct view *v, enum action action)
{
    if (!(action_flags(action) & ACTION_CHANGES))
        return 0;
    const char *key = keymap_key(v->keymap, ACTION_SCREEN_TREE, 0);
    view_say(v, false, "the wall only shows%s%s", key ? ": the tree is behind " : "", key ? key : "");
    return VIEW_KEY_USED;
}

static struct pick nothing_selected(const struct view *v)
{
    (void)v;
    return (struct pick){0};
}

static const struct hint no_hints[] = {{.action = ACTION_NONE}};
const struct view_ops wall_screen = {
    .name = "wall", .draw = wall_draw, .act = wall_act, .selected = nothing_selected, .keys = no_hints};

/* ---- for months ---- */

bool wall_is_seen(const struct view *v)
{
    return view_top_screen(v) == &wall_screen;
}

int64_t wall_tick(struct view *v, int64_t now_ms)
{
    struct wall *wall = &v->wall;
    if (wall->only && !wall_is_seen(v)) {
        const int64_t left_ms = v->touched_ms + wall_idle_ms - now_ms;
        if (left_ms > 0)
            return left_ms;
        box_close(v);
        prompt_close(&v->prompt);
        v->screens[0] = &wall_screen; /* whatever was gone to since */
        v->screen_count = 1;
        return 0;
    }
    if (!wall_is_seen(v))
        return -1;
    if (wall->redrawn_ms == 0)
        wall->redrawn_ms = now_ms;
    if (v->message && now_ms - v->touched_ms < MESSAGE_MS)
        return v->touched_ms + MESSAGE_MS - now_ms;
    if (now_ms - wall->redrawn_ms >= wall_redraw_ms) {
        wall->redrawn_ms = now_ms;
        term_retake(v->term);
        return 0;
    }
    return wall->redrawn_ms + wall_redraw_ms - now_ms;
}
