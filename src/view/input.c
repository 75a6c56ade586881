/* A state machine over bytes. A sequence that is unknown, broken or late is swallowed whole: none of its
 * letters is ever a command. */
#include "config.h"

#include "view/input.h"

#include <string.h>

#include "base/utf8.h"

#define PASTE_END     "\033[201~"
#define PASTE_END_LEN 6

enum { BYTE_BEL = 0x07, BYTE_CTRL_C = 0x03, BYTE_CAN = 0x18, BYTE_ESC = 0x1b, BYTE_DEL = 0x7f };

struct sink {
    input_fn fn;
    void *arg;
};

static void emit(const struct sink *to, enum input_kind kind)
{
    to->fn(to->arg, &(struct input_event){.kind = kind, .text = ""});
}

static void emit_char(const struct sink *to, enum input_kind kind, uint32_t ch)
{
    to->fn(to->arg, &(struct input_event){.kind = kind, .ch = ch, .text = ""});
}

void input_free(struct input *in)
{
    buffer_free(&in->paste);
    *in = (struct input){0};
}

static void to_ground(struct input *in)
{
    in->state = INPUT_GROUND;
    in->pending_len = 0;
    in->dropped = false;
}

/* Keys by the final byte of CSI and SS3 sequences. */
static bool key_by_final(char final, enum input_kind *kind)
{
    switch (final) {
    case 'A':
        *kind = INPUT_UP;
        return true;
    case 'B':
        *kind = INPUT_DOWN;
        return true;
    case 'C':
        *kind = INPUT_RIGHT;
        return true;
    case 'D':
        *kind = INPUT_LEFT;
        return true;
    case 'H':
        *kind = INPUT_HOME;
        return true;
    case 'F':
        *kind = INPUT_END;
        return true;
    case 'Z':
        *kind = INPUT_BACKTAB;
        return true;
    case 'M':
        *kind = INPUT_ENTER; /* keypad, SS3 only */
        return true;
    case 'P':
        *kind = INPUT_F1; /* SS3 only */
        return true;
    default:
        return false;
    }
}

/* Keys by the number of CSI n ~. */
static bool key_by_number(int number, enum input_kind *kind)
{
    static const struct {
        int number;
        enum input_kind kind;
    } keys[] = {{1, INPUT_HOME},   {7, INPUT_HOME},    {4, INPUT_END},       {8, INPUT_END},
                {3, INPUT_DELETE}, {5, INPUT_PAGE_UP}, {6, INPUT_PAGE_DOWN}, {11, INPUT_F1}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].number == number) {
            *kind = keys[i].kind;
            return true;
        }
    }
    return false;
}

#define PARAMETERS_MAX 3

/* Reads the numbers of a CSI sequence's parameters from the pending byte `from` on. Returns how many there
 * are, -1: there are more, or something else. */
static int parameters(const struct input *in, size_t from, int value[PARAMETERS_MAX])
{
    int count = 0;
    memset(value, 0, PARAMETERS_MAX * sizeof *value);
    for (size_t i = from; i < in->pending_len; i++) {
        const char c = in->pending[i];
        if (c >= '0' && c <= '9') {
            if (count == 0)
                count = 1;
            if (value[count - 1] < 100000)
                value[count - 1] = value[count - 1] * 10 + (c - '0');
        } else if (c == ';' && count < PARAMETERS_MAX) {
            count = count == 0 ? 2 : count + 1;
        } else {
            return -1;
        }
    }
    return count;
}

/* Bits of a mouse report's first number. */
enum { MOUSE_BUTTON = 3, MOUSE_MODIFIERS = 4 | 8 | 16, MOUSE_MOTION = 32, MOUSE_WHEEL = 64 };

static enum input_mouse press_of_left(struct input *in, int row, int column)
{
    const bool second = in->click_ms != 0 && in->byte_ms - in->click_ms <= INPUT_DOUBLE_MS &&
                        row == in->click_row && column == in->click_column;
    in->click_ms = second ? 0 : in->byte_ms;
    in->click_row = row;
    in->click_column = column;
    return second ? INPUT_MOUSE_DOUBLE : INPUT_MOUSE_PRESS;
}

/* Modifiers mean nothing; neither do movements, sideways wheels and buttons past the third. */
static void emit_mouse(struct input *in, int code, int row, int column, bool released, const struct sink *to)
{
    static const enum input_mouse others[] = {INPUT_MOUSE_PRESS, INPUT_MOUSE_MIDDLE, INPUT_MOUSE_RIGHT,
                                              INPUT_MOUSE_RELEASE}; /* X10 does not tell which one */
    struct input_event ev = {.kind = INPUT_MOUSE, .row = row, .column = column, .text = ""};
    code &= ~MOUSE_MODIFIERS;
    if (row < 1 || column < 1 || code & MOUSE_MOTION || code > (MOUSE_WHEEL | MOUSE_BUTTON))
        return;
    if (code & MOUSE_WHEEL) {
        if (code > MOUSE_WHEEL + 1 || released)
            return;
        ev.mouse = code == MOUSE_WHEEL ? INPUT_MOUSE_WHEEL_UP : INPUT_MOUSE_WHEEL_DOWN;
    } else if (released) {
        ev.mouse = INPUT_MOUSE_RELEASE;
    } else {
        ev.mouse = code == 0 ? press_of_left(in, row, column) : others[code];
    }
    to->fn(to->arg, &ev);
}

static void begin_paste(struct input *in)
{
    to_ground(in);
    in->state = INPUT_PASTED;
    in->paste_match = 0;
    if (in->paste.limit == 0)
        in->paste = BUFFER_LIMIT(INPUT_PASTE_MAX);
    buffer_clear(&in->paste);
}

static void end_paste(struct input *in, const struct sink *to)
{
    const struct input_event ev = {
        .kind = INPUT_PASTE, .text = buffer_text(&in->paste), .len = in->paste.len};
    to_ground(in);
    to->fn(to->arg, &ev);
    buffer_free(&in->paste);
}

/* ESC [ M begins a report in the form of X10, whose three bytes come after the final one. */
static void begin_x10(struct input *in)
{
    const bool dropped = in->dropped;
    to_ground(in);
    in->state = INPUT_X10;
    in->dropped = dropped;
}

static void end_x10(struct input *in, const struct sink *to)
{
    const int code = (unsigned char)in->pending[0] - 32, column = (unsigned char)in->pending[1] - 32,
              row = (unsigned char)in->pending[2] - 32;
    const bool dropped = in->dropped;
    to_ground(in);
    if (!dropped)
        emit_mouse(in, code, row, column, false, to);
}

static void end_known_csi(struct input *in, char final, int count, const int value[], const struct sink *to)
{
    enum input_kind kind;
    if (final == 'R' && count == 2)
        to->fn(to->arg,
               &(struct input_event){.kind = INPUT_REPORT, .row = value[0], .column = value[1], .text = ""});
    else if (final == 'n' && count == 1 && (value[0] == 0 || value[0] == 3))
        emit(to, INPUT_STATUS);
    else if (final == 'M' && count == 3) /* rxvt's form: X10's numbers in decimal */
        emit_mouse(in, value[0] - 32, value[2], value[1], false, to);
    else if ((final == 'I' || final == 'O') && count == 0)
        emit(to, final == 'I' ? INPUT_FOCUS_IN : INPUT_FOCUS_OUT);
    else if (final == '~' && count == 1 && key_by_number(value[0], &kind))
        emit(to, kind);
    else if (final != '~' && final != 'M' && final != 'P' && count == 0 && key_by_final(final, &kind))
        emit(to, kind);
}

static void end_csi(struct input *in, char final, const struct sink *to)
{
    int value[PARAMETERS_MAX];
    const bool sgr = in->pending_len > 0 && in->pending[0] == '<' && (final == 'M' || final == 'm');
    const bool console_f1 = final == 'A' && in->pending_len == 1 && in->pending[0] == '[';
    const int count = parameters(in, sgr ? 1 : 0, value);
    const bool dropped = in->dropped;
    if (final == 'M' && in->pending_len == 0) {
        begin_x10(in);
        return;
    }
    to_ground(in);
    if (console_f1 && !dropped)
        emit(to, INPUT_F1);
    if (count < 0)
        return;
    if (final == '~' && value[0] == 200 && count == 1)
        begin_paste(in); /* also when it comes late: what follows must not become commands */
    else if (dropped)
        return;
    else if (sgr && count == 3)
        emit_mouse(in, value[0], value[2], value[1], final == 'm', to);
    else if (!sgr)
        end_known_csi(in, final, count, value, to);
}

static void ground_byte(struct input *in, unsigned char byte, const struct sink *to)
{
    if (byte == BYTE_ESC) {
        in->state = INPUT_ESCAPE;
    } else if (byte == '\r' || byte == '\n') {
        emit(to, INPUT_ENTER);
    } else if (byte == '\t') {
        emit(to, INPUT_TAB);
    } else if (byte == BYTE_DEL || byte == '\b') {
        emit(to, INPUT_BACKSPACE);
    } else if (byte > 0 && byte < 27) {
        emit_char(to, INPUT_CTRL, (uint32_t)byte + 'A' - 1);
    } else if (byte >= 0x20 && byte < 0x80) {
        emit_char(to, INPUT_CHAR, byte);
    } else if (byte >= 0xc2 && byte <= 0xf4) {
        in->pending[0] = (char)byte;
        in->pending_len = 1;
    }
}

static void emit_code_point(const struct sink *to, uint32_t cp)
{
    switch (cp) {
    case 0x2705: /* white heavy check mark */
    case 0x2714: /* heavy check mark */
    case 0x2611: /* ballot box with check */
        emit(to, INPUT_APPROVE);
        break;
    case 0x274c: /* cross mark */
        emit(to, INPUT_DECLINE);
        break;
    case 0xfe0e: /* variation selectors: part of the character before them, which has been told already */
    case 0xfe0f:
        break;
    default:
        if (cp >= 0xa0)
            emit_char(to, INPUT_CHAR, cp);
        break;
    }
}

/* A byte while a character of several bytes is unfinished. */
static void character_byte(struct input *in, unsigned char byte, const struct sink *to)
{
    uint32_t cp = 0;
    in->pending[in->pending_len++] = (char)byte;
    const int n = utf8_decode(in->pending, in->pending_len, &cp);
    if (n == -2)
        return;
    in->pending_len = 0;
    if (n > 0)
        emit_code_point(to, cp);
    else if (byte < 0x80 || byte >= 0xc0)
        ground_byte(in, byte, to); /* the one before was cut off; this one begins anew */
}

static void escape_byte(struct input *in, unsigned char byte, const struct sink *to)
{
    in->pending_len = 0;
    if (byte == '[') {
        in->state = INPUT_CSI;
    } else if (byte == 'O') {
        in->state = INPUT_SS3;
    } else if (byte == ']' || byte == 'P' || byte == 'X' || byte == '^' || byte == '_') {
        in->state = INPUT_STRING;
    } else if (byte == BYTE_ESC) {
        emit(to, INPUT_ESC); /* twice the key, or rxvt's Alt with an arrow: back, then the arrow */
    } else if (byte >= 0xc2) {
        in->state = INPUT_ALT; /* Alt with a character of several bytes */
        in->pending[in->pending_len++] = (char)byte;
    } else {
        to_ground(in); /* Alt with a letter is no command */
    }
}

static void csi_byte(struct input *in, unsigned char byte, const struct sink *to)
{
    if (byte == BYTE_ESC) {
        to_ground(in);
        in->state = INPUT_ESCAPE;
    } else if (byte == BYTE_CAN) {
        to_ground(in);
    } else if (byte == '[' && in->pending_len == 0) {
        in->pending[in->pending_len++] = '['; /* the Linux console's F1: ESC [ [ A */
    } else if (byte >= 0x40 && byte <= 0x7e) {
        end_csi(in, (char)byte, to);
    } else if (byte >= 0x20 && byte < 0x40) {
        if (in->pending_len < sizeof in->pending)
            in->pending[in->pending_len++] = (char)byte;
        else
            in->dropped = true;
    } else {
        in->dropped = true; /* no byte of a sequence, but no key either until it is over */
    }
}

/* The three are never below 32: what is, is no key either, but shows that this is no report. */
static void x10_byte(struct input *in, unsigned char byte, const struct sink *to)
{
    if (byte == BYTE_ESC) {
        to_ground(in);
        in->state = INPUT_ESCAPE;
        return;
    }
    in->dropped = in->dropped || byte < 32;
    in->pending[in->pending_len++] = (char)byte;
    if (in->pending_len == 3)
        end_x10(in, to);
}

static void string_byte(struct input *in, unsigned char byte)
{
    if (byte == BYTE_BEL || byte == BYTE_CAN || byte == BYTE_ESC)
        to_ground(in);
    if (byte == BYTE_ESC)
        in->state = INPUT_ESCAPE; /* of ESC \\, which means nothing by itself; or of a key */
}

static void paste_byte(struct input *in, unsigned char byte, const struct sink *to)
{
    static const char end[] = PASTE_END;
    if (byte == (unsigned char)end[in->paste_match]) {
        if (++in->paste_match == PASTE_END_LEN)
            end_paste(in, to);
        return;
    }
    (void)buffer_add(&in->paste, end, in->paste_match); /* it was text after all; past the limit it is cut */
    in->paste_match = byte == BYTE_ESC ? 1 : 0;
    if (in->paste_match == 0 && byte != 0)
        (void)buffer_add_char(&in->paste, (char)byte);
}

static void alt_byte(struct input *in, unsigned char byte)
{
    uint32_t cp;
    in->pending[in->pending_len++] = (char)byte;
    if (utf8_decode(in->pending, in->pending_len, &cp) != -2)
        to_ground(in);
}

static void take_byte(struct input *in, unsigned char byte, const struct sink *to)
{
    switch (in->state) {
    case INPUT_GROUND:
        if (in->pending_len > 0)
            character_byte(in, byte, to);
        else
            ground_byte(in, byte, to);
        break;
    case INPUT_ESCAPE:
        escape_byte(in, byte, to);
        break;
    case INPUT_CSI:
        csi_byte(in, byte, to);
        break;
    case INPUT_X10:
        x10_byte(in, byte, to);
        break;
    case INPUT_SS3: {
        enum input_kind kind;
        const bool dropped = in->dropped;
        to_ground(in);
        if (byte == BYTE_ESC)
            in->state = INPUT_ESCAPE;
        else if (!dropped && key_by_final((char)byte, &kind))
            emit(to, kind);
        break;
    }
    case INPUT_STRING:
        string_byte(in, byte);
        break;
    case INPUT_ALT:
        alt_byte(in, byte);
        break;
    case INPUT_PASTED:
        paste_byte(in, byte, to);
        break;
    }
}

/* A byte that comes after a silence: what it may still belong to. */
static void after_silence(struct input *in, unsigned char byte, int64_t now_ms, const struct sink *to)
{
    const int64_t silent_ms = now_ms - in->byte_ms;
    if (in->state == INPUT_PASTED) {
        if (silent_ms >= INPUT_PASTE_END_MS && (byte == BYTE_ESC || byte == BYTE_CTRL_C)) {
            end_paste(in, to); /* its end mark was lost; the keyboard must not be lost with it */
        }
    } else if (in->state != INPUT_GROUND && silent_ms >= INPUT_LATE_MS) {
        to_ground(in);
    } else if (in->state == INPUT_GROUND && (byte == '[' || byte == 'O') && now_ms < in->late_until_ms) {
        in->state = byte == '[' ? INPUT_CSI : INPUT_SS3;
        in->dropped = true;
    }
}

void input_feed(struct input *in, const char *bytes, size_t len, int64_t now_ms, input_fn on_event, void *arg)
{
    const struct sink to = {.fn = on_event, .arg = arg};
    input_tick(in, now_ms, on_event, arg);
    for (size_t i = 0; i < len; i++) {
        const enum input_state before = in->state;
        after_silence(in, (unsigned char)bytes[i], now_ms, &to);
        const bool resumed = before == INPUT_GROUND && in->state != INPUT_GROUND;
        in->late_until_ms = resumed ? 0 : in->late_until_ms;
        in->byte_ms = now_ms;
        if (!resumed)
            take_byte(in, (unsigned char)bytes[i], &to);
    }
}

void input_tick(struct input *in, int64_t now_ms, input_fn on_event, void *arg)
{
    const struct sink to = {.fn = on_event, .arg = arg};
    const int64_t deadline_ms = input_deadline_ms(in);
    if (deadline_ms < 0 || now_ms < deadline_ms)
        return;
    if (in->state == INPUT_ESCAPE) {
        in->late_until_ms = now_ms + INPUT_LATE_MS;
        to_ground(in);
        emit(&to, INPUT_ESC);
    } else {
        in->dropped = true; /* unfinished: its rest is swallowed when it comes within INPUT_LATE_MS */
    }
}

int64_t input_deadline_ms(const struct input *in)
{
    switch (in->state) {
    case INPUT_ESCAPE:
        return in->byte_ms + INPUT_ESCAPE_MS;
    case INPUT_CSI:
    case INPUT_X10:
    case INPUT_SS3:
        return in->dropped ? -1 : in->byte_ms + INPUT_ESCAPE_MS;
    case INPUT_GROUND:
    case INPUT_STRING:
    case INPUT_ALT:
    case INPUT_PASTED:
        return -1;
    }
    return -1;
}
