/* effects.h: what each key of the settings file does, seen from outside: at the output of drawbridge, at its
 * screen, at what reaches a server. */
#ifndef TESTS_SETTINGS_EFFECTS_H
#define TESTS_SETTINGS_EFFECTS_H

#include <stdint.h>

struct pty;

int effects_set_up(
    void **state); /* a drawbridged with a project whose deliveries wait for an approval at once */
int effects_tear_down(void **state);

/* $U, $T, $P, $N, $D in the text: URL, token file and port of the server; a server that is not there; the
 * folder. */
void effects_write_settings(const char *text);
/* Runs drawbridge with a line of arguments as a shell reads them; asserts the exit status. Returns standard
 * output, or standard error where it ended with another than 0; the caller's (free). */
char *effects_run(int expected, const char *arguments);

/* Another delivery of carts in sockshop that waits; its image has no tag, so that a label tells its version.
 * The next one would wait for it: it is declined with a comment first. */
void effects_deliver(void);
void effects_decline(void);
char *effects_read(const char *name); /* a file of the folder; NULL: there is none; the caller's */
#define EFFECTS_ZONE_HOURS 9          /* local time of these dashboards, before UTC */
extern int64_t effects_delivered_ns;  /* when what waits was triggered, to a second or two */
/* drawbridge with these settings in a terminal; the option may be NULL. The caller's (pty_end). */
struct pty *effects_open(const char *settings, const char *option, int columns, int rows);

/* Each fails the running test where the effect is not there. */
void effect_contexts(void);
void effect_current_context(void);
void effect_label(void);
void effect_stream(void);
void effect_token_command(void);
void effect_certificates(void);
void effect_proxy(void);
void effect_read_only(void);
void effect_projects(void);
void effect_colour(void);
void effect_show(void);
void effect_theme(void);
void effect_glyphs(void);
void effect_ambiguous_width_on_screen(void);
void effect_keys(void);
void effect_confirm(void);
void effect_undo_window(void);
void effect_columns_tree(void);
void effect_columns_waiting(void);
void effect_columns_decided(void);
void effect_columns_events(void);
void effect_times_zone(void);
void effect_times_format(void);
void effect_mouse(void);
void effect_clipboard(void);
void effect_notify_bell(void);
void effect_notify_osc9(void);
void effect_notify_osc777(void);
void effect_notify_title(void);
void effect_notify_command(void);
void effect_notify_shell(void);
void effect_notify_per_minute(void);
void effect_notify_quiet_hours(void);
void effect_wall_rotation(void);
void effect_wall_projects(void);
void effect_wall_hide(void);
void effect_wall_locked(void);
void effect_wall_failed_hours(void);
void effect_ambiguous_width(void);

#endif
