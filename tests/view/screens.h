/* tests/view/screens.h: what the tests of the view's screens share: a driver in a pseudo-terminal, and what
 * is said to it. */
#ifndef TESTS_SCREENS_H
#define TESTS_SCREENS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "scene.h"
#include "support/pty.h"

#define WAIT_MS    15000 /* a deadline: the machine may be busy, the sanitisers are slow */
#define CHECK_MARK "\xe2\x9c\x85"
#define CROSS_MARK "\xe2\x9d\x8c"

struct screen_options {
    const char *scene;
    int columns, rows;
    const char *const *arguments; /* further ones of the driver, NULL-terminated */
    const char *const *env;
    bool mute;
};

/* Starts the driver on a scene and waits until it is drawn. */
struct pty *screen_start(const struct screen_options *options);
struct pty *screen_open(const char *scene, int columns, int rows); /* the same without further options */
/* Ends it; asserts that it ended by itself, with nothing left on its loop and no report of a sanitiser. */
void screen_end(struct pty *p);

void screen_tell(struct pty *p, struct buffer *script); /* and frees the script */
void screen_settle(struct pty *p);                      /* until the driver has heard all, and drawn it */
void screen_expect(struct pty *p, const char *text);
void screen_expect_not(struct pty *p, const char *text);
void screen_expect_heard(struct pty *p, const char *start);
/* Opens a box with a key, and waits until a key confirms it: the terminal has answered its position report,
 * and a finger that rests on the key would have repeated it. */
void screen_open_box(struct pty *p, const char *key);
void screen_type_words(struct pty *p, const char *words); /* as fast as a person, not as a paste */
/* No decision has been heard, nor comes within this time. */
void screen_expect_no_decision(struct pty *p, const char *what, int ms);
void screen_golden(struct pty *p, const char *name);
bool screen_is_golden(struct pty *p, const char *name); /* the same, without the assertion */

/* The run that waits in the scenes "waiting", "tour" and "back". */
extern const struct scene_run screen_run;
#define APPROVED "decide approve production.approval.5d1a2b3c fulltour/production/helloservice"
#define DECLINED "decide decline production.approval.5d1a2b3c fulltour/production/helloservice"

#endif
