/* Whatever the keyboard sends: it means the same however it is cut, nothing confirms that was not typed, and
 * after a pause the keyboard works. */
#include "config.h"

#include <string.h>

#include "base/buffer.h"
#include "fuzz.h"
#include "view/input.h"

#define START_MS 1000

static void hear(void *arg, const struct input_event *ev)
{
    struct buffer *heard = arg;
    FUZZ_MUST(ev->kind != INPUT_PASTE || ev->len <= INPUT_PASTE_MAX);
    FUZZ_MUST(ev->kind != INPUT_MOUSE || (ev->row > 0 && ev->column > 0));
    (void)buffer_printf(heard, "%d,%d,%u,%d,%d,%zu;", (int)ev->kind, (int)ev->mouse, (unsigned)ev->ch,
                        ev->row, ev->column, ev->len);
    if (ev->kind == INPUT_ENTER)
        (void)buffer_add_text(heard, "enter");
    if (ev->kind == INPUT_APPROVE)
        (void)buffer_add_text(heard, "approve");
}

static void check_keyboard_works(struct input *in, struct buffer *heard, int64_t now_ms)
{
    static const char letter[] = "0,0,120,0,0,0;";
    now_ms += INPUT_PASTE_END_MS + 1;
    input_feed(in, "\x03", 1, now_ms, hear, heard);
    buffer_clear(heard);
    input_feed(in, "x", 1, now_ms + 1, hear, heard);
    FUZZ_MUST(strcmp(buffer_text(heard), letter) == 0);
}

/* The bytes one by one, each as late as one that still belongs to those before it. */
static void feed_slowly(const char *bytes, size_t size, struct buffer *heard)
{
    struct input in = {0};
    int64_t now_ms = START_MS;
    for (size_t i = 0; i < size; i++, now_ms += size < 1000 ? 1 : 0)
        input_feed(&in, bytes + i, 1, now_ms / 4, hear, heard);
    struct buffer after = BUFFER_LIMIT(1 << 16);
    check_keyboard_works(&in, &after, now_ms / 4);
    buffer_free(&after);
    input_free(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct input in = {0};
    const size_t room = 64 * size + 64;
    struct buffer whole = BUFFER_LIMIT(room), slow = BUFFER_LIMIT(room);
    input_feed(&in, bytes, size, START_MS / 4, hear, &whole);
    feed_slowly(bytes, size, &slow);
    if (size < 1000)
        FUZZ_MUST(strcmp(buffer_text(&whole), buffer_text(&slow)) == 0);
    if (!memchr(bytes, '\r', size) && !memchr(bytes, '\n', size) && !memchr(bytes, 'M', size))
        FUZZ_MUST(!strstr(buffer_text(&whole), "enter"));
    if (!memchr(bytes, 0xe2, size))
        FUZZ_MUST(!strstr(buffer_text(&whole), "approve"));
    check_keyboard_works(&in, &whole, START_MS);
    input_free(&in);
    buffer_free(&whole);
    buffer_free(&slow);
    return 0;
}
