#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "view/input.h"

/* What came out, as words: "a", "up", "enter", "esc", "paste(text)", "report(3,4)". */
struct heard {
    struct buffer text;
};

static void hear(void *arg, const struct input_event *ev)
{
    static const char *const names[] = {[INPUT_UP] = "up",           [INPUT_DOWN] = "down",
                                        [INPUT_LEFT] = "left",       [INPUT_RIGHT] = "right",
                                        [INPUT_HOME] = "home",       [INPUT_END] = "end",
                                        [INPUT_PAGE_UP] = "pgup",    [INPUT_PAGE_DOWN] = "pgdn",
                                        [INPUT_DELETE] = "delete",   [INPUT_ENTER] = "enter",
                                        [INPUT_ESC] = "esc",         [INPUT_TAB] = "tab",
                                        [INPUT_BACKTAB] = "backtab", [INPUT_BACKSPACE] = "backspace",
                                        [INPUT_APPROVE] = "approve", [INPUT_DECLINE] = "decline",
                                        [INPUT_FOCUS_IN] = "focus",  [INPUT_FOCUS_OUT] = "blur",
                                        [INPUT_STATUS] = "status",   [INPUT_F1] = "f1"};
    static const char *const mouse[] = {
        [INPUT_MOUSE_PRESS] = "press",          [INPUT_MOUSE_DOUBLE] = "double",
        [INPUT_MOUSE_MIDDLE] = "middle",        [INPUT_MOUSE_RIGHT] = "right",
        [INPUT_MOUSE_RELEASE] = "release",      [INPUT_MOUSE_WHEEL_UP] = "wheel-up",
        [INPUT_MOUSE_WHEEL_DOWN] = "wheel-down"};
    struct heard *h = arg;
    if (h->text.len)
        buffer_add_char(&h->text, ' ');
    if (ev->kind == INPUT_CHAR && ev->ch < 0x80)
        buffer_printf(&h->text, "%c", (char)ev->ch);
    else if (ev->kind == INPUT_CHAR)
        buffer_printf(&h->text, "U+%04X", (unsigned)ev->ch);
    else if (ev->kind == INPUT_CTRL)
        buffer_printf(&h->text, "^%c", (char)ev->ch);
    else if (ev->kind == INPUT_PASTE)
        buffer_printf(&h->text, "paste(%s)", ev->text);
    else if (ev->kind == INPUT_REPORT)
        buffer_printf(&h->text, "report(%d,%d)", ev->row, ev->column);
    else if (ev->kind == INPUT_MOUSE)
        buffer_printf(&h->text, "%s(%d,%d)", mouse[ev->mouse], ev->row, ev->column);
    else
        buffer_add_text(&h->text, names[ev->kind]);
}

struct row {
    const char *name, *bytes, *expected;
};

/* Whatever the cuts between bytes, as long as they come together in time. */
static const struct row rows[] = {
    {"letters", "aD?", "a D ?"},
    {"enter as CR and LF", "\r\n", "enter enter"},
    {"tab, backspace, delete", "\t\x7f\b\033[3~", "tab backspace backspace delete"},
    {"control letters", "\x03\x0c", "^C ^L"},
    {"arrows, normal mode", "\033[A\033[B\033[C\033[D", "up down right left"},
    {"arrows, application mode", "\033OA\033OB\033OC\033OD", "up down right left"},
    {"home and end of xterm, linux, rxvt", "\033[H\033[F\033[1~\033[4~\033[7~\033[8~",
     "home end home end home end"},
    {"pages", "\033[5~\033[6~", "pgup pgdn"},
    {"back tab", "\033[Z", "backtab"},
    {"check mark", "\xe2\x9c\x85", "approve"},
    {"check mark with variation selector", "\xe2\x9c\x85\xef\xb8\x8f", "approve"},
    {"heavy check mark", "\xe2\x9c\x94\xef\xb8\x8f", "approve"},
    {"ballot box with check", "\xe2\x98\x91", "approve"},
    {"cross mark", "\xe2\x9d\x8c\xef\xb8\x8f", "decline"},
    {"other characters", "\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80", "U+00E9 U+4F60 U+1F600"},
    {"invalid bytes are nothing", "\xff\xfe\x80x", "x"},
    {"a cut off character does not eat the next",
     "\xe2\x9c"
     "a",
     "a"},
    {"an overlong form is nothing",
     "\xc0\x8d"
     "a",
     "a"},
    {"a C1 control is nothing",
     "\xc2\x9b"
     "A",
     "A"},
    {"F1 of xterm, rxvt, linux", "\033OP\033[11~\033[[A", "f1 f1 f1"},
    {"other function keys are nothing", "\033OQ\033[15~\033[[B\033[[Ex\033[P", "x"},
    {"a letter inside an unknown sequence", "\033[1;5Dx\033[>0;276;0cx\033[?1;2cx", "x x x"},
    {"rxvt's shifted keys", "\033[a\033[3$", ""},
    {"alt with a letter", "\033a\033D\033qx", "x"},
    {"alt with a check mark", "\033\xe2\x9c\x85x", "x"},
    {"esc twice", "\033\033[A", "esc up"},
    {"colour report of a terminal", "\033]11;rgb:aaaa/DDDD/aaaa\033\\x\033]11;rgb:D\007x", "x x"},
    {"device control string", "\033P1$r0mDDaa\033\\x", "x"},
    {"mouse, press and release", "\033[<0;12;5Mx\033[<0;12;5mx", "press(5,12) x release(5,12) x"},
    {"mouse, far right", "\033[<0;500;200M", "press(200,500)"},
    {"mouse, other buttons", "\033[<1;2;3M\033[<2;2;3M\033[<2;2;3m", "middle(3,2) right(3,2) release(3,2)"},
    {"mouse wheel", "\033[<64;2;3M\033[<65;2;3M\033[<66;2;3M\033[<67;2;3M", "wheel-up(3,2) wheel-down(3,2)"},
    {"mouse with modifiers", "\033[<4;2;3M\033[<8;9;3M\033[<16;2;9M\033[<80;2;3M",
     "press(3,2) press(3,9) press(9,2) wheel-up(3,2)"},
    {"mouse movements are nothing", "\033[<35;2;3M\033[<32;2;3Mx", "x"},
    {"buttons past the third are nothing", "\033[<128;2;3Mx\033[<131;2;3Mx", "x x"},
    {"mouse outside of the screen", "\033[<0;0;3Mx\033[<0;3;0Mx", "x x"},
    {"broken mouse reports", "\033[<0;3Mx\033[<0;3;4;5Mx\033[<;;Mx\033[<a0;3;4Mx\033[<<0;3;4Mx",
     "x x x 0 ; 3 ; 4 M x x"},
    {"mouse, form of X10", "\033[M !\"x\033[M#!\"x\033[M`!\"x",
     "press(2,1) x release(2,1) x wheel-up(2,1) x"},
    {"X10's bytes are no letters", "\033[M aDx\033[MDaDx", "press(36,65) x x"},
    {"X10's bytes past ASCII", "\033[M \xe2\x9cx", "press(124,194) x"},
    {"X10 with a byte that is none", "\033[M\r\r\rx\033[M \001!x", "x x"},
    {"X10 cut off by an arrow", "\033[M \033[Ax", "up x"},
    {"mouse, form of rxvt", "\033[32;12;5Mx\033[35;12;5Mx\033[96;12;5Mx",
     "press(5,12) x release(5,12) x wheel-up(5,12) x"},
    {"status", "\033[0nx\033[3nx\033[5nx", "status x status x x"},
    {"focus", "\033[I\033[Ox", "focus blur x"},
    {"position report", "\033[12;40R", "report(12,40)"},
    {"a paste is one event", "\033[200~a\rDq\xe2\x9c\x85\033[201~x", "paste(a\rDq\xe2\x9c\x85) x"},
    {"escapes inside a paste", "\033[200~x\033[Ay\033\033[201~z", "paste(x\033[Ay\033) z"},
    {"a sequence that never ends well",
     "\033[\x01\x02\x03"
     "Dx",
     "x"},
    {"a sequence that is too long",
     "\033[1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111Dx", "x"},
    {"NUL is nothing", "", ""},
};

static void feed(struct input *in, struct heard *h, const char *bytes, size_t len, int64_t now_ms)
{
    input_feed(in, bytes, len, now_ms, hear, h);
}

static void every_cut_of_the_bytes_means_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t len = strlen(rows[i].bytes);
        for (size_t cut = 0; cut <= len; cut++) {
            struct input in = {0};
            struct heard h = {.text = BUFFER_LIMIT(65536)};
            feed(&in, &h, rows[i].bytes, cut, 1000);
            feed(&in, &h, rows[i].bytes + cut, len - cut, 1100);
            if (strcmp(buffer_text(&h.text), rows[i].expected) != 0)
                print_message("%s, cut at %zu: '%s'\n", rows[i].name, cut, buffer_text(&h.text));
            assert_string_equal(buffer_text(&h.text), rows[i].expected);
            buffer_free(&h.text);
            input_free(&in);
        }
    }
}

static void single_bytes_mean_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct input in = {0};
        struct heard h = {.text = BUFFER_LIMIT(65536)};
        int64_t now_ms = 1000;
        for (const char *p = rows[i].bytes; *p; p++, now_ms += 40)
            feed(&in, &h, p, 1, now_ms);
        assert_string_equal(buffer_text(&h.text), rows[i].expected);
        buffer_free(&h.text);
        input_free(&in);
    }
}

/* Bytes with the times at which they come. */
struct timed {
    const char *name;
    struct {
        int64_t at_ms;
        const char *bytes; /* NULL: only the timer */
    } steps[6];
    const char *expected;
};

static const struct timed timed_rows[] = {
    {"a lone ESC is the key after 250 ms", {{1000, "\033"}, {1250, NULL}}, "esc"},
    {"and not before", {{1000, "\033"}, {1249, NULL}}, ""},
    {"an arrow whose rest comes in time", {{1000, "\033"}, {1240, "[A"}}, "up"},
    {"an arrow whose rest comes late is no letter", {{1000, "\033"}, {1400, "[A"}, {1500, "x"}}, "esc x"},
    {"not even D", {{1000, "\033"}, {1400, "[D"}}, "esc"},
    {"nor in three pieces", {{1000, "\033"}, {1300, "["}, {1600, "D"}, {1700, "x"}}, "esc x"},
    {"an application arrow likewise", {{1000, "\033"}, {1400, "OD"}}, "esc"},
    {"a late rest of CSI", {{1000, "\033["}, {1400, "D"}, {1410, "x"}}, "x"},
    {"a letter at once after ESC", {{1000, "\033"}, {1100, "a"}}, ""},
    {"a letter later than 250 ms after ESC", {{1000, "\033"}, {1260, "a"}}, "esc a"},
    {"an unfinished CSI gives the keyboard back", {{1000, "\033[1;"}, {2300, "a"}}, "a"},
    {"an unfinished OSC gives the keyboard back", {{1000, "\033]11;"}, {2300, "a"}}, "a"},
    {"a late paste is a paste",
     {{1000, "\033"}, {1400, "[200~a\r"}, {1500, "\r\033[201~x"}},
     "esc paste(a\r\r) x"},
    {"a paste that never ends swallows keys", {{1000, "\033[200~a"}, {9000, "D\r"}}, ""},
    {"until Ctrl-C after a silence", {{1000, "\033[200~a"}, {9000, "\x03"}, {9100, "x"}}, "paste(a) ^C x"},
    {"a mouse report whose rest comes late", {{1000, "\033[<0;12"}, {1400, ";5M"}, {1410, "x"}}, "x"},
    {"a mouse report that comes after its ESC", {{1000, "\033"}, {1400, "[<0;12;5M"}, {1410, "x"}}, "esc x"},
    {"X10's bytes after a silence", {{1000, "\033[M"}, {1400, " aD"}, {1410, "x"}}, "x"},
    {"X10's report after its ESC", {{1000, "\033"}, {1400, "[M aD"}, {1410, "x"}}, "esc x"},
    {"an unfinished X10 report gives the keyboard back", {{1000, "\033[M"}, {2300, "a"}}, "a"},
    {"two clicks in time",
     {{1000, "\033[<0;2;3M"}, {1100, "\033[<0;2;3m"}, {1400, "\033[<0;2;3M"}},
     "press(3,2) release(3,2) double(3,2)"},
    {"two clicks apart", {{1000, "\033[<0;2;3M"}, {1401, "\033[<0;2;3M"}}, "press(3,2) press(3,2)"},
    {"two clicks in two cells", {{1000, "\033[<0;2;3M"}, {1100, "\033[<0;3;3M"}}, "press(3,2) press(3,3)"},
    {"a third click is a first",
     {{1000, "\033[<0;2;3M\033[<0;2;3M\033[<0;2;3M"}},
     "press(3,2) double(3,2) press(3,2)"},
    {"a check mark in three pieces", {{1000, "\xe2"}, {1600, "\x9c"}, {2200, "\x85"}}, "approve"},
};

static void time_decides_what_an_escape_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof timed_rows / sizeof *timed_rows; i++) {
        const struct timed *t = &timed_rows[i];
        struct input in = {0};
        struct heard h = {.text = BUFFER_LIMIT(65536)};
        for (size_t j = 0; j < 6 && t->steps[j].at_ms; j++) {
            if (t->steps[j].bytes)
                feed(&in, &h, t->steps[j].bytes, strlen(t->steps[j].bytes), t->steps[j].at_ms);
            else
                input_tick(&in, t->steps[j].at_ms, hear, &h);
        }
        if (strcmp(buffer_text(&h.text), t->expected) != 0)
            print_message("%s: '%s'\n", t->name, buffer_text(&h.text));
        assert_string_equal(buffer_text(&h.text), t->expected);
        buffer_free(&h.text);
        input_free(&in);
    }
}

static void the_deadline_is_told_only_while_an_escape_is_open(void **state)
{
    (void)state;
    struct input in = {0};
    struct heard h = {.text = BUFFER_LIMIT(65536)};
    assert_int_equal(input_deadline_ms(&in), -1);
    feed(&in, &h, "\033", 1, 1000);
    assert_int_equal(input_deadline_ms(&in), 1250);
    feed(&in, &h, "[", 1, 1100);
    assert_int_equal(input_deadline_ms(&in), 1350);
    feed(&in, &h, "A", 1, 1200);
    assert_int_equal(input_deadline_ms(&in), -1);
    buffer_free(&h.text);
    input_free(&in);
}

static void a_huge_paste_is_cut_and_still_ends(void **state)
{
    (void)state;
    struct input in = {0};
    struct heard h = {.text = BUFFER_LIMIT(65536)};
    feed(&in, &h, "\033[200~", 6, 1000);
    for (int i = 0; i < 100000; i++)
        feed(&in, &h, "a\r", 2, 1000);
    assert_int_equal(h.text.len, 0);
    feed(&in, &h, "\033[201~x", 7, 1000);
    assert_true(h.text.len <= INPUT_PASTE_MAX + 9);
    assert_string_equal(buffer_text(&h.text) + h.text.len - 2, " x");
    buffer_free(&h.text);
    input_free(&in);
}

static void random_bytes_never_leave_the_keyboard_stuck(void **state)
{
    (void)state;
    unsigned seed = 7;
    int64_t now_ms = 1000;
    struct input in = {0};
    struct heard h = {.text = BUFFER_LIMIT(1 << 26)};
    for (int round = 0; round < 2000; round++) {
        char bytes[24];
        for (size_t i = 0; i < sizeof bytes; i++) {
            static const char often[] = "\033[O]P;<0123~RMImaD\xe2\x9c\x85\xff";
            seed = seed * 1103515245 + 12345;
            bytes[i] = (seed >> 16) % 3 ? often[(seed >> 20) % (sizeof often - 1)] : (char)(seed >> 18);
        }
        feed(&in, &h, bytes, sizeof bytes, now_ms);
        now_ms += 6000; /* a person pauses, then presses Ctrl-C and a letter */
        feed(&in, &h, "\x03", 1, now_ms);
        buffer_clear(&h.text);
        feed(&in, &h, "x", 1, now_ms + 1);
        assert_string_equal(buffer_text(&h.text), "x");
        now_ms += 10;
    }
    buffer_free(&h.text);
    input_free(&in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_of_the_bytes_means_the_same),
        cmocka_unit_test(single_bytes_mean_the_same),
        cmocka_unit_test(time_decides_what_an_escape_is),
        cmocka_unit_test(the_deadline_is_told_only_while_an_escape_is_open),
        cmocka_unit_test(a_huge_paste_is_cut_and_still_ends),
        cmocka_unit_test(random_bytes_never_leave_the_keyboard_stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
