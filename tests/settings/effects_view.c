/* effects_view.c: what the keys do that the dashboard and the wall read, seen at a pseudo-terminal. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "settings/effects.h"
#include "support/pty.h"

#define ONE "contexts: [{name: ctx, server: '$U', token-file: '$T'}]\n"

static void need(struct pty *p, bool seen, const char *what)
{
    if (!seen)
        fail_msg("%s was not seen; the screen is:\n%s", what, pty_screen(p));
}

static struct pty *open_live(const char *settings, const char *option)
{
    struct pty *p = effects_open(settings, option, 120, 30);
    need(p, pty_wait_text(p, "helloservice", 10000), "the sequence");
    need(p, pty_wait_text(p, "live", 10000), "live");
    pty_wait_quiet(p, 100);
    return p;
}

static void leave(struct pty *p)
{
    assert_int_equal(pty_end(p), 0);
}

void effect_label(void)
{
    struct pty *p =
        open_live("contexts: [{name: ctx, label: Europe, server: '$U', token-file: '$T'}]\n", NULL);
    need(p, strstr(pty_row(p, 0), "Europe") != NULL, "the label");
    leave(p);
    p = open_live(ONE, NULL);
    need(p, strstr(pty_row(p, 0), "ctx") != NULL, "the name");
    leave(p);
}

static struct pty_cell label_cell(struct pty *p)
{
    const char *row = pty_row(p, 0), *at = strstr(row, "ctx");
    struct pty_cell cell = {.fg = -2};
    if (at != NULL)
        pty_cell(p, 0, (int)(at - row), &cell); /* ASCII alone stands before it */
    return cell;
}

void effect_colour(void)
{
    static const int magenta = 5;
    struct pty *p =
        open_live("contexts: [{name: ctx, colour: magenta, server: '$U', token-file: '$T'}]\n", NULL);
    need(p, label_cell(p).fg == magenta, "a magenta label");
    leave(p);
    p = open_live(ONE, NULL);
    need(p, label_cell(p).fg != magenta, "another colour");
    leave(p);
}

/* One of them has no token: the other one is live all the same. */
void effect_show(void)
{
    struct pty *p = effects_open("contexts:\n- {name: one, server: '$U', token-file: '$T'}\n"
                                 "- {name: two, server: '$U', token-file: '$T', projects: [other]}\n"
                                 "- {name: three, server: '$U', token-file: nowhere}\n"
                                 "- {name: four, server: '$U'}\nshow: [two, three, one]\n",
                                 NULL, 120, 30);
    need(p, pty_wait_text(p, "helloservice", 10000), "the sequence of the third");
    need(p, pty_find_row(p, "one") >= 0 && pty_find_row(p, "two") >= 0 && pty_find_row(p, "three") >= 0,
         "all three");
    need(p, pty_find_row(p, "four") < 0, "not the fourth");
    leave(p);
}

/* Some cell has a colour. */
static bool is_coloured(struct pty *p)
{
    for (int row = 0; row < pty_rows(p); row++)
        for (int column = 0; column < pty_columns(p); column++) {
            struct pty_cell cell;
            pty_cell(p, row, column, &cell);
            if (cell.fg != PTY_DEFAULT || cell.bg != PTY_DEFAULT)
                return true;
        }
    return false;
}

void effect_theme(void)
{
    struct pty *p = open_live(ONE "theme: mono\n", NULL);
    need(p, !is_coloured(p), "a screen without colours");
    leave(p);
    p = open_live(ONE "theme: nowhere\n", NULL); /* is told, and the dashboard is there all the same */
    need(p, pty_find_row(p, "there is no theme 'nowhere'") >= 0, "that there is none");
    leave(p);
    p = open_live(ONE "theme: mono\n", "--theme=dark"); /* the command line beats it */
    need(p, is_coloured(p), "colours");
    leave(p);
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

void effect_glyphs(void)
{
    struct pty *p = open_live(ONE "glyphs: ascii\n", NULL);
    need(p, is_ascii(pty_screen(p)), "ASCII alone");
    leave(p);
    p = open_live(ONE, NULL);
    need(p, !is_ascii(pty_screen(p)), "more than ASCII");
    leave(p);
}

void effect_ambiguous_width_on_screen(void)
{
    static const char context[] =
        "contexts: [{name: ctx, label: \"\u25CEx\", server: '$U', token-file: '$T'}]\n";
    char *settings = mem_printf("%sambiguous-width: 2\n", context);
    struct pty *p = open_live(settings, NULL);
    need(p, strstr(pty_row(p, 0), "  ? x  ") != NULL && is_ascii(pty_screen(p)),
         "two cells, and ASCII alone");
    leave(p);
    p = open_live(context, NULL);
    need(p, strstr(pty_row(p, 0), "  \xE2\x97\x8Ex  ") != NULL, "the character");
    leave(p);
    free(settings);
}

void effect_keys(void)
{
    struct pty *p = open_live(ONE "keys: {help: H, quit: x, filter: []}\n", NULL);
    pty_type(p, "H");
    need(p, pty_wait_text(p, "keys of the tree screen", 5000), "the help");
    pty_type(p, "\033");
    need(p, pty_wait_no_text(p, "keys of the tree screen", 5000), "its end");
    pty_type(p, "/?qq"); /* none of these means anything now */
    assert_int_equal(pty_wait_exit(p, 500), -1);
    need(p, pty_find_row(p, "keys of the tree screen") < 0, "no help");
    pty_type(p, "x");
    pty_wait_quiet(p, 100);
    pty_type(p, "x");
    assert_int_equal(pty_wait_exit(p, 10000), 0);
    leave(p);
    effects_write_settings(ONE "keys:\n  aprove: b\n"); /* what only the view knows, with its place, too */
    char *said = effects_run(2, "--config config.yaml");
    assert_non_null(strstr(said, "drawbridge: config.yaml:3:3: there is no action 'aprove'"));
    free(said);
}

/* --- columns and times --- */

/* The part of the tree of the row that names the service; the caller's (free). */
static char *tree_row(struct pty *p)
{
    for (int row = 1; row < pty_rows(p); row++) {
        const char *text = pty_row(p, row), *end = strstr(text, "│");
        size_t len = end != NULL ? (size_t)(end - text) : strlen(text);
        char *part = mem_string_n(text, len);
        if (strstr(part, "helloservice") != NULL)
            return part;
        free(part);
    }
    fail_msg("no row of the tree names helloservice:\n%s", pty_screen(p));
    return NULL;
}

static void assert_unknown_column(const char *screen)
{
    char *settings = mem_printf(ONE "columns:\n  %s: [agee]\n", screen),
         *expected =
             mem_printf("drawbridge: config.yaml:3:%zu: %s has no column 'agee'", strlen(screen) + 6, screen);
    effects_write_settings(settings);
    char *said = effects_run(2, "--config config.yaml");
    if (strncmp(said, expected, strlen(expected)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", said, expected);
    free(said);
    free(expected);
    free(settings);
}

void effect_columns_tree(void)
{
    struct pty *p = open_live(ONE "columns: {tree: [task, service]}\n", NULL);
    char *row = tree_row(p);
    const char *task = strstr(row, "approval");
    need(p, task != NULL && strstr(task, "helloservice") != NULL, "the task before the service");
    need(p, strstr(row, "v0.1.1") == NULL && strstr(row, "delivery") == NULL && strchr(row, 'm') == NULL,
         "no more");
    free(row);
    leave(p);
    assert_unknown_column("tree");
}

static void assert_list(const char *screen, const char *key, const char *wanted, const char *titles)
{
    char *settings = mem_printf(ONE "columns: {%s: %s}\n", screen, wanted);
    struct pty *p = open_live(settings, NULL);
    pty_type(p, key);
    need(p, pty_wait_text(p, titles, 5000), titles);
    leave(p);
    free(settings);
    assert_unknown_column(screen);
}

void effect_columns_waiting(void)
{
    assert_list("waiting", "2", "[run, service]", "run       service");
}

void effect_columns_decided(void)
{
    assert_list("decided", "5", "[run, service]", "run       service");
}

void effect_columns_events(void)
{
    assert_list("events", "3", "[run, service]", "run       service");
}

/* The clock of the detail has this hour, or the one before it. */
static bool shows_hour(struct pty *p, int hours_before_utc)
{
    for (int later = 0; later < 2; later++) {
        char text[20];
        int64_t hours = effects_delivered_ns / CLOCK_S / 3600 + hours_before_utc - later;
        (void)snprintf(text, sizeof text, " · %02d:", (int)(hours % 24));
        if (strstr(pty_screen(p), text) != NULL)
            return true;
    }
    return false;
}

void effect_times_zone(void)
{
    struct pty *p = open_live(ONE, NULL);
    need(p, shows_hour(p, EFFECTS_ZONE_HOURS), "local time");
    leave(p);
    p = open_live(ONE "times: {zone: utc}\n", NULL);
    need(p, shows_hour(p, 0), "UTC");
    leave(p);
}

/* Whether the row ends with "09:26". */
static bool ends_with_clock(const char *row)
{
    size_t len = strlen(row);
    while (len > 0 && row[len - 1] == ' ')
        len--;
    return len > 5 && row[len - 3] == ':' && strspn(row + len - 2, "0123456789") >= 2 && row[len - 6] == ' ';
}

void effect_times_format(void)
{
    struct pty *p = open_live(ONE "times: {format: absolute}\n", NULL);
    char *row = tree_row(p);
    need(p, ends_with_clock(row), "a clock in the tree");
    free(row);
    leave(p);
    p = open_live(ONE, NULL);
    row = tree_row(p);
    need(p, !ends_with_clock(row), "an age");
    free(row);
    leave(p);
}

/* --- decisions --- */

#define UNTIL_TYPED "to confirm, type helloservice@production"
#define BY_KEY      "Enter or the check mark approves"
#define AT_ONCE     "u undoes"

/* Which of them comes when one approves what waits. It is taken back. */
static void assert_level(const char *rules, const char *words)
{
    static const char *const all[] = {UNTIL_TYPED, AT_ONCE};
    char *settings = mem_printf(ONE "undo-window: 60s\nconfirm:\n%s\n", rules);
    struct pty *p = open_live(settings, NULL);
    pty_type(p, "n");
    pty_wait_quiet(p, 700); /* what is under the cursor must have been seen before one key decides */
    pty_type(p, "a");
    if (!pty_wait_text(p, words, 5000))
        fail_msg("with %s \"%s\" was not seen; the screen is:\n%s", rules, words, pty_screen(p));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        need(p, strcmp(all[i], words) == 0 || pty_find_row(p, all[i]) < 0, "one level alone");
    pty_type(p, words[0] == 'u' ? "u" : "\033");
    need(p, pty_wait_no_text(p, words, 5000), "its end");
    leave(p);
    free(settings);
}

void effect_confirm(void)
{
    assert_level("- {level: type}", UNTIL_TYPED);
    assert_level("- {level: none}", AT_ONCE);
    assert_level("- {level: type}\n- {level: key}", BY_KEY);
    assert_level("- {context: ctx, level: type}\n- {context: other, level: none}", UNTIL_TYPED);
    assert_level("- {project: full*, level: type}\n- {project: full, level: none}", UNTIL_TYPED);
    assert_level("- {stage: '?roduction', level: type}\n- {stage: qa, level: none}", UNTIL_TYPED);
}

void effect_undo_window(void)
{
    struct pty *p = open_live(ONE "undo-window: 5m\n", NULL);
    pty_type(p, "n");
    pty_wait_quiet(p, 100);
    pty_type(p, "a");
    need(p, pty_wait_text(p, BY_KEY, 5000), "the box");
    pty_wait_quiet(p, 300);
    pty_type(p, "\r");
    need(p, pty_wait_text(p, AT_ONCE, 5000), "the undo window");
    pty_type(p, "u");
    need(p, pty_wait_no_text(p, AT_ONCE, 5000), "its end");
    need(p, pty_find_row(p, "1 waiting") >= 0, "that it waits as before");
    leave(p);
}

/* --- the terminal --- */

static bool wrote(struct pty *p, const char *bytes)
{
    size_t len = 0;
    const char *raw = pty_raw(p, &len);
    return memmem(raw, len, bytes, strlen(bytes)) != NULL;
}

static bool wait_wrote(struct pty *p, const char *bytes, int deadline_ms)
{
    for (int waited = 0; waited < deadline_ms && !wrote(p, bytes); waited += 20)
        pty_pump(p, 20);
    return wrote(p, bytes);
}

void effect_mouse(void)
{
    struct pty *p = open_live(ONE "mouse: false\n", NULL);
    need(p, !wrote(p, "\033[?1000h"), "no mouse");
    leave(p);
    p = open_live(ONE, NULL);
    need(p, wrote(p, "\033[?1000h"), "the mouse");
    leave(p);
}

void effect_clipboard(void)
{
    for (int allowed = 0; allowed < 2; allowed++) {
        struct pty *p = open_live(allowed ? ONE "clipboard: true\n" : ONE, NULL);
        pty_type(p, "n");
        pty_wait_quiet(p, 100);
        pty_type(p, "y");
        need(p, pty_wait_text(p, allowed ? "copied" : "clipboard: true", 5000),
             allowed ? "the copy" : "how to allow it");
        need(p, wrote(p, "\033]52;") == allowed, "OSC 52 only where allowed");
        leave(p);
    }
}

/* --- notifications --- */

static bool wait_file(struct pty *p, const char *name, const char *words, int deadline_ms)
{
    for (int waited = 0; waited <= deadline_ms; waited += 50) {
        char *text = effects_read(name);
        bool found = text != NULL && strstr(text, words) != NULL;
        free(text);
        if (found)
            return true;
        pty_pump(p, 50);
    }
    return false;
}

/* A dashboard, and something new that waits; notified when it is on the screen. */
static struct pty *open_and_deliver(const char *settings)
{
    struct pty *p = open_live(settings, NULL);
    effects_deliver();
    need(p, pty_wait_text(p, "2 waiting", 10000), "the new one");
    return p;
}

static void end_delivery(struct pty *p)
{
    effects_decline();
    need(p, pty_wait_text(p, "1 waiting", 10000), "its end");
    leave(p);
}

/* What a new approval writes to the terminal with this setting, and not without it. Titles end with a bell:
 * there are none but where they are looked for. */
static void assert_written(const char *setting, const char *bytes)
{
    for (int on = 1; on >= 0; on--) {
        char *settings =
            mem_printf(ONE "notify: {%s%s: %s}\n", strcmp(setting, "title") != 0 ? "title: false, " : "",
                       setting, on ? "true" : "false");
        struct pty *p = open_and_deliver(settings);
        need(p, wait_wrote(p, bytes, on ? 5000 : 1000) == on, setting);
        end_delivery(p);
        free(settings);
    }
}

void effect_notify_bell(void)
{
    assert_written("bell", "\a");
}

void effect_notify_osc9(void)
{
    assert_written("osc9", "\033]9;");
}

void effect_notify_osc777(void)
{
    assert_written("osc777", "\033]777;notify;");
}

void effect_notify_title(void)
{
    assert_written("title", "\033]2;■ 2 drawbridge");
}

void effect_notify_command(void)
{
    struct pty *p = open_and_deliver(ONE "notify: {command: [tee, '$D/by-command']}\n");
    need(p, wait_file(p, "by-command", "sh.keptn.event.approval.triggered", 10000),
         "the event in the command's file");
    end_delivery(p);
}

void effect_notify_shell(void)
{
    struct pty *p = open_and_deliver(ONE "notify: {shell: 'cat | tr a-z A-Z > $D/by-shell'}\n");
    need(p, wait_file(p, "by-shell", "SH.KEPTN.EVENT.APPROVAL.TRIGGERED", 10000),
         "the event in the shell's file");
    end_delivery(p);
}

void effect_notify_per_minute(void)
{
    struct pty *p = open_and_deliver(ONE "notify: {per-minute: 1, shell: 'echo x >> $D/counted'}\n");
    need(p, wait_file(p, "counted", "x\n", 10000), "the first run");
    effects_decline();
    need(p, pty_wait_text(p, "1 waiting", 10000), "its end");
    effects_deliver();
    need(p, pty_wait_text(p, "2 waiting", 10000), "the second one");
    need(p, !wait_file(p, "counted", "x\nx\n", 2000), "no second run");
    end_delivery(p);
}

void effect_notify_quiet_hours(void)
{
    int hour = (int)((clock_now_ns() / CLOCK_S / 3600 + EFFECTS_ZONE_HOURS) % 24);
    for (int quiet = 1; quiet >= 0; quiet--) {
        int from = quiet ? (hour + 23) % 24 : (hour + 4) % 24,
            until = quiet ? (hour + 4) % 24 : (hour + 23) % 24;
        char *settings = mem_printf(
            ONE "notify: {quiet-hours: '%02d:00-%02d:30', shell: 'echo x >> $D/loud'}\n", from, until);
        struct pty *p = open_and_deliver(settings);
        need(p, wait_file(p, "loud", "x\n", quiet ? 2000 : 10000) == !quiet, quiet ? "silence" : "the run");
        end_delivery(p);
        free(settings);
    }
}

/* --- the wall --- */

static struct pty *open_wall(const char *settings, int rows, const char *words)
{
    struct pty *p = effects_open(settings, "--wall", 100, rows);
    need(p, pty_wait_text(p, words, 10000), words);
    return p;
}

void effect_wall_rotation(void)
{
    struct pty *p = open_wall(ONE "wall: {rotation: 1s}\n", 16, " 1 of 2 ");
    need(p, pty_wait_text(p, " 2 of 2 ", 5000), "the second page");
    need(p, pty_wait_text(p, " 1 of 2 ", 5000), "the first one again");
    leave(p);
    p = open_wall(ONE "wall: {rotation: 1h}\n", 16, " of 2 ");
    bool first = pty_find_row(p, " 1 of 2 ") >= 0;
    pty_pump(p, 2500);
    need(p, (pty_find_row(p, " 1 of 2 ") >= 0) == first, "the same page");
    leave(p);
}

void effect_wall_projects(void)
{
    struct pty *p = open_wall(ONE, 40, "fulltour");
    leave(p);
    p = open_wall(ONE "wall: {projects: [other]}\n", 40, "other");
    need(p, pty_wait_no_text(p, "fulltour", 0), "no other project");
    leave(p);
}

void effect_wall_hide(void)
{
    struct pty *p = open_wall(ONE, 40, "declined by admin: too risky");
    need(p, pty_wait_text(p, "label-1", 0), "the version that a label gives");
    leave(p);
    p = open_wall(ONE "wall: {hide: [comments]}\n", 40, "declined by admin");
    need(p, pty_wait_no_text(p, "risky", 0), "no comment");
    leave(p);
    p = open_wall(ONE "wall: {hide: [users]}\n", 40, "declined: too risky");
    leave(p);
    p = open_wall(ONE "wall: {hide: [labels]}\n", 40, "declined by admin: too risky");
    need(p, pty_wait_no_text(p, "label-1", 0), "no label");
    leave(p);
}

void effect_wall_locked(void)
{
    struct pty *p = open_wall(ONE "wall: {locked: true}\n", 40, "fulltour");
    pty_type(p, "qq\003q");
    assert_int_equal(pty_wait_exit(p, 1500), -1);
    leave(p);
    p = open_wall(ONE, 40, "fulltour");
    pty_type(p, "q");
    pty_wait_quiet(p, 100);
    pty_type(p, "q");
    assert_int_equal(pty_wait_exit(p, 10000), 0);
    leave(p);
}

void effect_wall_failed_hours(void)
{
    struct pty *p = open_wall(ONE "wall: {failed-hours: 3}\n", 40, "1 failed in the last 3 h");
    leave(p);
    p = open_wall(ONE, 40, "1 failed in the last 12 h");
    leave(p);
}
