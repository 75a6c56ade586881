/* tests/view/mistakes.h: ways to approve by mistake, each a row of a table and a test of its own. A row plays
 * its steps on the driver; it ends without a decision, and where a warning is due, with it on the screen. */
#ifndef TESTS_MISTAKES_H
#define TESTS_MISTAKES_H

#include "screens.h"

enum step_kind {
    STEP_END,
    STEP_TYPE,   /* all in one write */
    STEP_PIECES, /* each byte by itself, ms apart */
    STEP_REPEAT, /* the whole of it again and again, ms apart, for two seconds */
    STEP_PAUSE,  /* ms */
    STEP_REST,   /* until the screen has come to rest */
    STEP_BOX,    /* opens the box with this key, and waits until a key counts */
    STEP_WORDS,  /* as a person types */
    STEP_TELL,   /* a line to the driver */
    STEP_EVENTS, /* what happens meanwhile */
    STEP_SIZE,   /* columns, rows */
    STEP_STOP,   /* the program stands still for ms, while this is typed */
    STEP_SEE,    /* this is on the screen by and by */
    STEP_NOT_SEE,
};
struct step {
    enum step_kind kind;
    const char *text;
    int ms;
    void (*events)(struct buffer *script);
    int columns, rows;
};
#define TYPE(bytes)                                                                                          \
    {                                                                                                        \
        .kind = STEP_TYPE, .text = (bytes)                                                                   \
    }
#define PIECES(bytes, gap_ms)                                                                                \
    {                                                                                                        \
        .kind = STEP_PIECES, .text = (bytes), .ms = (gap_ms)                                                 \
    }
#define REPEAT(bytes, gap_ms)                                                                                \
    {                                                                                                        \
        .kind = STEP_REPEAT, .text = (bytes), .ms = (gap_ms)                                                 \
    }
#define PAUSE(pause_ms)                                                                                      \
    {                                                                                                        \
        .kind = STEP_PAUSE, .ms = (pause_ms)                                                                 \
    }
#define REST                                                                                                 \
    {                                                                                                        \
        .kind = STEP_REST                                                                                    \
    }
#define BOX(key)                                                                                             \
    {                                                                                                        \
        .kind = STEP_BOX, .text = (key)                                                                      \
    }
#define WORDS(words)                                                                                         \
    {                                                                                                        \
        .kind = STEP_WORDS, .text = (words)                                                                  \
    }
#define TELL(line)                                                                                           \
    {                                                                                                        \
        .kind = STEP_TELL, .text = (line)                                                                    \
    }
#define EVENTS(function)                                                                                     \
    {                                                                                                        \
        .kind = STEP_EVENTS, .events = (function)                                                            \
    }
#define SIZE(w, h)                                                                                           \
    {                                                                                                        \
        .kind = STEP_SIZE, .columns = (w), .rows = (h)                                                       \
    }
#define STOP(bytes, pause_ms)                                                                                \
    {                                                                                                        \
        .kind = STEP_STOP, .text = (bytes), .ms = (pause_ms)                                                 \
    }
#define SEE(words)                                                                                           \
    {                                                                                                        \
        .kind = STEP_SEE, .text = (words)                                                                    \
    }
#define NOT_SEE(words)                                                                                       \
    {                                                                                                        \
        .kind = STEP_NOT_SEE, .text = (words)                                                                \
    }

#define MISTAKE_STEPS 16
struct mistake {
    const char *name;
    struct step steps[MISTAKE_STEPS];
    const char *scene, *settings; /* NULL: waiting; none */
    bool mute, read_only;
    bool decides; /* a control: what is done on purpose does decide */
};

void mistakes_play(struct pty *p, const struct step *steps);
/* Runs each row as a test of its own name. Returns how many failed. */
int mistakes_run(const struct mistake *rows, size_t count);

#endif
