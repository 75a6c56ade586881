/* Ways to approve by mistake: what changes under the finger, and what is taken for something else. */
#include "config.h"

#include "mistakes.h"

#define NONE      "undo-window: 5s\nconfirm: [{stage: production, level: none}]\n"
#define TYPED     "confirm: [{stage: production, level: type}]\n"
#define WINDOW    "undo-window: 4s\n"
#define OVERTAKEN "Overtaken"
#define WORDS_ARE "helloservice@production"
#define CLICKS    "\033[<0;10;4M\033[<0;10;5M\033[<0;10;6M\033[<0;10;7M" /* on each of the rows */
#define WANTED    "type helloservice@production"

/* ---- what happens meanwhile ---- */

static void an_older_one(struct buffer *script)
{
    struct scene_run other = screen_run;
    other.service = "aardvark";
    other.context = "aaaaaaaa";
    scene_waiting(script, &other, 3600);
}

static void a_newer_one_is_delivered(struct buffer *script)
{
    struct scene_run newer = screen_run;
    newer.context = "7c2e9f01";
    newer.version = "v0.1.2";
    scene_delivered(script, &newer, 5);
}

static void tom_declines(struct buffer *script)
{
    scene_decided(script, &screen_run, "tom", "fail", "not today", 3);
    scene_finished(script, &screen_run, "fail", 2);
}

static void it_is_finished(struct buffer *script)
{
    scene_finished(script, &screen_run, "pass", 2);
}

/* As the sequence query answers. */
static void becomes(struct buffer *script, const char *state)
{
    (void)buffer_printf(
        script,
        "state {\"name\":\"delivery\",\"service\":\"helloservice\",\"project\":\"fulltour\",\"state\":\"%s\","
        "\"shkeptncontext\":\"5d1a2b3c-0000-4000-8000-000000000000\",\"stages\":[{\"name\":\"production\","
        "\"state\":\"%s\"}]}\n",
        state, state);
}

static void it_is_aborted(struct buffer *script)
{
    becomes(script, "aborted");
}

static void it_times_out(struct buffer *script)
{
    becomes(script, "timedOut");
}

static void nothing_is_open(struct buffer *script)
{
    (void)buffer_add_text(script, "approvals {\"events\":[],\"totalCount\":0}\n");
}

/* The first approval of the run is decided elsewhere, and it waits again: for another one. */
static void it_waits_for_another_approval(struct buffer *script)
{
    scene_decided(script, &screen_run, "tom", "pass", "", 4);
    scene_task(script, &screen_run, "je-deployment", 3);
}

static void the_other_server_has_it_too(struct buffer *script)
{
    struct scene_run same = screen_run;
    same.context = "0dd0dd00";
    (void)buffer_add_text(script, "source staging staging green\nlink live 0\nidentity maria approver\n");
    scene_project(script, "fulltour");
    scene_waiting(script, &same, 3600);
    (void)buffer_add_text(script, "source prod-eu\n");
}

static const struct mistake rows[] = {
    {.name = "on_purpose_with_words",
     .steps = {BOX("a"), WORDS(WORDS_ARE), TYPE("\r")},
     .scene = "back",
     .decides = true},

    /* rows that move */
    {.name = "a_row_that_moves_under_the_finger",
     .steps = {TYPE("n"), REST, EVENTS(an_older_one), SEE("aardvark"), BOX("a"),
               SEE("Approve helloservice v0.1.1 into production")}},
    {.name = "a_cursor_that_follows_and_a_key_typed_ahead",
     .steps = {EVENTS(an_older_one), TYPE("a\r"), SEE("Approve aardvark")}},
    {.name = "a_row_that_comes_under_a_key_that_decides_at_once",
     .steps = {PAUSE(600), EVENTS(an_older_one), TYPE("a"), SEE("Approve aardvark")},
     .settings = NONE},
    {.name = "a_click_that_moves_the_cursor_behind_a_key_that_decides_at_once",
     .steps = {EVENTS(an_older_one), TYPE("n"), REST, SEE("v0.1.1"), PAUSE(1200), TYPE("a" CLICKS),
               SEE("Esc back")},
     .settings = NONE},
    {.name = "a_row_that_vanishes_under_the_box",
     .steps = {EVENTS(an_older_one), TYPE("n"), REST, BOX("a"), EVENTS(tom_declines), TYPE("\r"), REST}},
    {.name = "a_box_that_an_older_row_pushes_down",
     .steps = {TYPE("n"), REST, BOX("a"), EVENTS(an_older_one), SEE("Approve helloservice v0.1.1")}},

    /* older versions */
    {.name = "an_older_version_with_enter",
     .steps = {BOX("a"), SEE("goes BACK"), TYPE("\r"), SEE("type the words first")},
     .scene = "back"},
    {.name = "an_older_version_with_the_check_mark",
     .steps = {BOX("a"), TYPE(CHECK_MARK), SEE("type the words first")},
     .scene = "back"},
    {.name = "an_older_version_with_the_words_of_another_stage",
     .steps = {BOX("a"), WORDS("helloservice@qa"), TYPE("\r"), SEE("that is not it")},
     .scene = "back"},
    {.name = "an_older_version_with_words_in_the_wrong_case",
     .steps = {BOX("a"), WORDS("HelloService@Production"), TYPE("\r"), SEE("that is not it")},
     .scene = "back"},
    {.name = "an_older_version_with_words_that_only_look_right", /* a Cyrillic o */
     .steps = {BOX("a"), WORDS("hell\xd0\xbeservice@production"), TYPE("\r"), SEE("that is not it")},
     .scene = "back"},
    {.name = "an_older_version_with_an_at_sign_of_full_width",
     .steps = {BOX("a"), WORDS("helloservice\xef\xbc\xa0production"), TYPE("\r"), SEE("that is not it")},
     .scene = "back"},
    {.name = "an_older_version_with_an_invisible_blank_behind_the_words",
     .steps = {BOX("a"), WORDS(WORDS_ARE "\xc2\xa0"), TYPE("\r"), SEE("that is not it")},
     .scene = "back"},
    {.name = "an_older_version_with_blanks_that_something_filled_in",
     .steps = {BOX("a"), TYPE("                       "), REST, TYPE("\r"), SEE("type the words first")},
     .scene = "back"},
    {.name = "an_older_version_with_pasted_words",
     .steps = {BOX("a"), TYPE("\033[200~" WORDS_ARE "\033[201~"), SEE("pasted text confirms nothing"),
               TYPE("\r")},
     .scene = "back"},
    {.name = "an_older_version_with_words_pasted_without_brackets",
     .steps = {BOX("a"), TYPE(WORDS_ARE), REST, TYPE("\r"), SEE("those words came all at once")},
     .scene = "back"},
    {.name = "an_older_version_with_words_and_enter_pasted",
     .steps = {BOX("a"), TYPE(WORDS_ARE "\r"), REST, SEE("Esc back")},
     .scene = "back"},
    {.name = "an_older_version_with_the_words_as_comment",
     .steps = {BOX("a"), TYPE("\t"), REST, WORDS(WORDS_ARE), TYPE("\r"), SEE("type the words first")},
     .scene = "back"},
    {.name = "a_newer_one_that_comes_under_the_box",
     .steps = {BOX("a"), EVENTS(a_newer_one_is_delivered), SEE(WANTED), PAUSE(200), TYPE("\r"),
               SEE("type the words first")}},
    {.name = "a_newer_one_that_comes_with_the_key",
     .steps = {BOX("a"), EVENTS(a_newer_one_is_delivered), TYPE("\r"), SEE(WANTED)}},
    {.name = "words_typed_before_it_went_back",
     .steps = {BOX("a"), WORDS(WORDS_ARE), EVENTS(a_newer_one_is_delivered), SEE("to go back, " WANTED),
               PAUSE(200), TYPE("\r"), SEE("type the words first")},
     .settings = TYPED},
    {.name = "a_newer_one_that_comes_in_the_undo_window",
     .steps = {BOX("a"), TYPE("\r"), SEE("u undoes"), EVENTS(a_newer_one_is_delivered), SEE("decide again"),
               PAUSE(4200)},
     .settings = WINDOW},
    {.name = "an_older_version_where_a_key_decides_at_once",
     .steps = {PAUSE(600), TYPE("a"), SEE(WANTED), PAUSE(200), TYPE("\r")},
     .scene = "back",
     .settings = NONE},

    /* boxes that are overtaken */
    {.name = "a_box_overtaken_by_a_decision",
     .steps = {BOX("a"), EVENTS(tom_declines), SEE(OVERTAKEN), TYPE("\r"), REST, TYPE(CHECK_MARK),
               SEE("declined by tom")}},
    {.name = "a_box_overtaken_by_the_end",
     .steps = {BOX("a"), EVENTS(it_is_finished), SEE(OVERTAKEN), TYPE("\r")}},
    {.name = "a_box_overtaken_by_an_abort",
     .steps = {BOX("a"), EVENTS(it_is_aborted), SEE(OVERTAKEN), TYPE("\r")}},
    {.name = "a_box_overtaken_by_a_timeout",
     .steps = {BOX("a"), EVENTS(it_times_out), SEE(OVERTAKEN), TYPE("\r")}},
    {.name = "a_box_overtaken_by_a_snapshot_without_it",
     .steps = {BOX("a"), EVENTS(nothing_is_open), SEE(OVERTAKEN), TYPE("\r")}},
    {.name = "a_box_over_a_project_that_is_deleted",
     .steps = {BOX("a"), TELL("clear"), SEE("no longer waiting"), TYPE("\r")}},
    {.name = "another_approval_of_the_same_run",
     .steps = {BOX("a"), EVENTS(it_waits_for_another_approval), SEE(OVERTAKEN), TYPE("\r")}},
    {.name = "a_comment_half_typed_when_it_is_overtaken",
     .steps = {BOX("a"), TYPE("half a comm"), EVENTS(tom_declines), SEE(OVERTAKEN), TYPE("ent aDqqXPn\r"),
               REST, SEE(OVERTAKEN)}},
    {.name = "a_decision_overtaken_in_the_undo_window",
     .steps = {BOX("a"), TYPE("\r"), SEE("u undoes"), EVENTS(tom_declines), SEE("nothing was sent"),
               PAUSE(4200)},
     .settings = WINDOW},

    /* filters */
    {.name = "a_filter_that_hides_it",
     .steps = {TYPE("/"), REST, WORDS("service:other"), TYPE("\r"), REST, TYPE("a"), REST,
               NOT_SEE("Esc back"), TYPE("\r")}},
    {.name = "the_word_for_a_filter_is_no_command",
     .steps = {TYPE("/"), REST, WORDS("aaaD"), TYPE(CHECK_MARK), REST, NOT_SEE("Esc back"), TYPE("\r"), REST,
               NOT_SEE("Esc back")}},

    /* the wrong place, the wrong person */
    {.name = "the_same_project_on_another_server",
     .steps = {EVENTS(the_other_server_has_it_too), SEE("staging"), BOX("a"), SEE("@ staging?")}},
    {.name = "a_viewer",
     .steps = {TELL("identity nora viewer"), TYPE("a"), SEE("may not decide"), TYPE("\r")}},
    {.name = "a_role_that_is_lost_under_the_box",
     .steps = {BOX("a"), TELL("identity maria viewer"), SEE("may not decide"), TYPE("\r"), REST}},
    {.name = "a_read_only_dashboard",
     .steps = {TYPE("a"), SEE("read-only"), TYPE("\r"), REST, TYPE(CHECK_MARK)},
     .read_only = true},
    {.name = "a_row_that_runs_already",
     .steps = {EVENTS(it_waits_for_another_approval), TYPE("a"), REST, TYPE("\r"), REST,
               NOT_SEE("Esc back")}},
    {.name = "a_stage_in_place_of_a_sequence",
     .steps = {TYPE("g"), REST, TYPE("a"), SEE("pick a sequence"), TYPE("\r")}},

    /* old pictures and odd clocks */
    {.name = "a_stale_picture_where_a_key_decides_at_once",
     .steps = {TELL("link stale 40 connection refused"), PAUSE(600), TYPE("a"), SEE("this may be old")},
     .settings = NONE},
    {.name = "a_clock_that_is_set_forth_under_the_box",
     .steps = {TYPE("a\r"), TELL("clock 2027-01-01T00:00:00Z"), REST, SEE("Esc back")}},
    {.name = "a_clock_that_is_set_back_in_the_undo_window",
     .steps = {BOX("a"), TYPE("\r"), SEE("u undoes"), TELL("clock 2026-11-23T00:00:00Z"), TYPE("u"),
               SEE("taken back"), PAUSE(4200)},
     .settings = WINDOW},

    /* terminals that shrink, stop and come back */
    {.name = "a_terminal_too_small_for_the_box",
     .steps = {BOX("a"), SIZE(22, 4), SEE("too small to"), PAUSE(200), TYPE("\r"), PAUSE(200)}},
    {.name = "a_key_that_comes_with_the_resize",
     .steps = {BOX("a"), SIZE(22, 4), SEE("too small to"), PAUSE(200), SIZE(120, 30), TYPE("\r"),
               SEE("Esc back")}},
    {.name = "keys_typed_while_the_program_stood_still",
     .steps = {TYPE("a"), SEE("Esc back"), STOP("\r" CHECK_MARK "\r", 500)}},
    {.name = "a_program_that_stood_still_in_the_undo_window",
     .steps = {BOX("a"), TYPE("\r"), SEE("u undoes"), STOP("", 7000), SEE("stood still")},
     .settings = WINDOW},

    /* the undo window, and after */
    {.name = "u_in_the_undo_window",
     .steps = {BOX("a"), TYPE("\r"), SEE("u undoes"), TYPE("u"), SEE("taken back"), PAUSE(4200)},
     .settings = WINDOW},
    {.name = "enter_again_in_the_undo_window_and_undone",
     .steps = {BOX("a"), TYPE("\r"), SEE("u undoes"), TYPE("\r"), REST, TYPE(CHECK_MARK), REST, TYPE("u"),
               SEE("taken back"), PAUSE(4200)},
     .settings = WINDOW},
    {.name = "a_held_key_that_decides_at_once_undone",
     .steps = {TYPE("n"), PAUSE(600), TYPE("a"), SEE("u undoes"), PAUSE(500), REPEAT("a", 33),
               SEE("u undoes"), TYPE("u"), SEE("taken back"), PAUSE(5200)},
     .settings = NONE},
    {.name = "two_keys_in_one_go_where_one_decides_at_once",
     .steps = {TYPE("n"), PAUSE(600), TYPE(CHECK_MARK CHECK_MARK), SEE("Esc back"), PAUSE(5200)},
     .settings = NONE},

    /* other boxes, other screens */
    {.name = "help_over_the_box", .steps = {BOX("a"), TYPE("\x03"), REST, TYPE("?"), REST, TYPE("\r"), REST}},
    {.name = "enter_on_the_stage_goes_to_what_waits",
     .steps = {TYPE("g"), REST, TYPE("\r"), REST, TYPE("\r"), REST}},
    {.name = "an_approval_out_of_the_waiting_list_typed_ahead",
     .steps = {TYPE("2"), REST, TYPE("a\r\r"), SEE("Esc back")}},
    {.name = "a_pause_box_taken_for_an_approval",
     .steps = {BOX("P"), TYPE(CHECK_MARK), SEE("this box asks something else")}},
};

int main(void)
{
    return mistakes_run(rows, sizeof rows / sizeof *rows);
}
