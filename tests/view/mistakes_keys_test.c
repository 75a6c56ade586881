/* Ways to approve by mistake: what keyboards and terminals send. */
#include "config.h"

#include "mistakes.h"

#define VARIATION "\xef\xb8\x8f"
#define NEVER     "that came before the box could be read"
#define IN_ONE_GO "in one go with"

static const struct mistake rows[] = {
    /* the harness can fail: what is done on purpose decides */
    {.name = "on_purpose_with_enter", .steps = {BOX("a"), TYPE("\r")}, .decides = true},
    {.name = "on_purpose_with_the_check_mark",
     .steps = {BOX(CHECK_MARK), TYPE(CHECK_MARK VARIATION)},
     .decides = true},

    /* typed ahead */
    {.name = "type_ahead_of_enter", .steps = {TYPE("a\r\r"), SEE(NEVER)}},
    {.name = "type_ahead_of_check_marks", .steps = {TYPE(CHECK_MARK CHECK_MARK CHECK_MARK), SEE("Esc back")}},
    {.name = "type_ahead_of_a_decline", .steps = {TYPE("D\r\r\r\r"), SEE("Esc back")}},
    {.name = "type_ahead_of_line_feeds", .steps = {TYPE("a\n\n"), SEE(NEVER)}},
    {.name = "type_ahead_of_a_pause", .steps = {TYPE("P\r\r"), SEE("Esc back")}},
    {.name = "type_ahead_before_a_silent_terminal_has_drawn",
     .steps = {TYPE("a"), PAUSE(60), TYPE("\r"), PAUSE(60), TYPE("\r"), SEE(NEVER)},
     .mute = true},
    {.name = "type_ahead_after_the_next_waiting",
     .steps = {TYPE("n"), TYPE("a"), TYPE("\r"), SEE("Esc back")}},

    /* pasted */
    {.name = "a_bracketed_paste_of_a_command",
     .steps = {TYPE("\033[200~a\r\r\033[201~"), SEE("pasted text is never a command"), NOT_SEE("Esc back")}},
    {.name = "a_bracketed_paste_of_check_marks",
     .steps = {TYPE("\033[200~" CHECK_MARK CHECK_MARK "\033[201~"), REST, NOT_SEE("Esc back")}},
    {.name = "a_bracketed_paste_into_the_box",
     .steps = {BOX("a"), TYPE("\033[200~\r\r" CHECK_MARK "\r\033[201~"), REST, SEE("Esc back")}},
    {.name = "a_paste_that_never_ends", .steps = {BOX("a"), TYPE("\033[200~x\r\r"), PAUSE(300), TYPE("\r")}},
    {.name = "a_paste_that_holds_its_own_end",
     .steps = {BOX("a"), TYPE("\033[200~x\033[201~\r\033[201~"), REST, SEE(IN_ONE_GO)}},
    {.name = "an_unbracketed_paste_of_a_command", .steps = {TYPE("approve it, yes\r\r"), REST}},
    {.name = "an_unbracketed_paste_into_the_box",
     .steps = {BOX("a"), TYPE("see ticket 12\rand 13\r"), REST, SEE(IN_ONE_GO)}},
    {.name = "an_unbracketed_paste_of_one_line", .steps = {BOX("a"), TYPE("done\r"), REST, SEE(IN_ONE_GO)}},
    {.name = "an_unbracketed_paste_that_begins_with_a_line_end",
     .steps = {BOX("a"), TYPE("\rsee ticket 12"), REST, SEE(IN_ONE_GO)}},
    {.name = "an_unbracketed_paste_in_two_reads",
     .steps = {BOX("a"), TYPE("see ticket 12"), PAUSE(5), TYPE("\r"), REST}},
    {.name = "an_unbracketed_paste_of_a_check_mark",
     .steps = {BOX("a"), TYPE("all " CHECK_MARK), REST, SEE(IN_ONE_GO)}},
    {.name = "two_enters_in_one_go", .steps = {BOX("a"), TYPE("\r\r"), REST, SEE("Esc back")}},

    /* held and stuck keys */
    {.name = "a_held_a", .steps = {REPEAT("a", 33), SEE("aaaa")}},
    {.name = "a_held_enter_behind_a", .steps = {TYPE("a"), REPEAT("\r", 33), SEE(NEVER)}},
    {.name = "a_stuck_enter_that_opens_the_detail", .steps = {REPEAT("\r", 33), TYPE("a"), REPEAT("\r", 33)}},
    {.name = "a_stuck_check_mark", .steps = {REPEAT(CHECK_MARK, 33), SEE(NEVER)}},
    {.name = "a_check_mark_that_repeats_after_half_a_second",
     .steps = {TYPE(CHECK_MARK), PAUSE(500), REPEAT(CHECK_MARK, 40), SEE(NEVER)}},
    {.name = "a_check_mark_with_its_variation_that_repeats",
     .steps = {TYPE(CHECK_MARK VARIATION), PAUSE(500), REPEAT(CHECK_MARK VARIATION, 40), SEE(NEVER)}},
    {.name = "a_held_cross_mark",
     .steps = {TYPE(CROSS_MARK), PAUSE(500), REPEAT(CROSS_MARK, 40), SEE(NEVER)}},

    /* marks that are none */
    {.name = "half_of_a_check_mark_and_enter",
     .steps = {BOX("a"), TYPE("\xe2\x9c"), PAUSE(100), TYPE("\xe2\x9c"), REST}},
    {.name = "a_check_mark_whose_end_comes_late",
     .steps = {TYPE("\xe2\x9c"), PAUSE(600), TYPE("\x85"), REST}},
    {.name = "a_mark_that_only_looks_like_it", .steps = {BOX("a"), TYPE("\xe2\x9c\x93"), REST}},
    {.name = "a_variation_selector_alone", .steps = {BOX("a"), TYPE(VARIATION), REST}},
    {.name = "the_cross_mark_in_an_approval",
     .steps = {BOX("a"), TYPE(CROSS_MARK), SEE("this box asks something else")}},
    {.name = "the_check_mark_in_a_decline",
     .steps = {BOX("D"), TYPE(CHECK_MARK), SEE("this box asks something else")}},
    {.name = "the_check_mark_in_an_abort",
     .steps = {BOX("X"), TYPE(CHECK_MARK), SEE("this box asks something else")}},
    {.name = "alt_and_enter", .steps = {BOX("a"), TYPE("\033\r"), PAUSE(300)}},
    {.name = "alt_and_the_check_mark", .steps = {BOX("a"), TYPE("\033" CHECK_MARK), PAUSE(300)}},

    /* escape sequences of rxvt, the Linux console and xterm, whole and in pieces */
    {.name = "rxvt_in_the_box_in_pieces",
     .steps = {BOX("a"), PIECES("\033[a\033[b\033Oc\033Od", 245), PIECES("\033[23~\033[13^\033[11$", 90),
               PAUSE(1200)}},
    {.name = "rxvt_in_the_box_in_late_pieces",
     .steps = {BOX("a"), PIECES("\033[a\033Od\033[13^", 260), PAUSE(1200)}},
    {.name = "rxvt_in_the_tree_in_late_pieces",
     .steps = {PIECES("\033[a\033Oa\033Od\033[7~\033[11~", 260), PAUSE(1200), NOT_SEE("Esc back"),
               TYPE("\r")}},
    {.name = "rxvt_alt_arrow_in_the_box", .steps = {BOX("a"), PIECES("\033\033[D\033\033[A", 20), REST}},
    {.name = "the_linux_console_in_the_box_in_pieces",
     .steps = {BOX("a"), PIECES("\033[[A\033[[E\033[1~\033[4~\033[25~", 245), PAUSE(1200)}},
    {.name = "the_linux_console_in_the_box_in_late_pieces",
     .steps = {BOX("a"), PIECES("\033[[A\033[[D\033[17~", 260), PAUSE(1200)}},
    {.name = "the_linux_console_in_the_tree_in_late_pieces",
     .steps = {PIECES("\033[[A\033[[D\033[[E\033[D", 260), PAUSE(1200), NOT_SEE("Esc back"), TYPE("\r")}},
    {.name = "xterm_in_the_box_in_pieces",
     .steps = {BOX("a"), PIECES("\033OP\033OS\033[15~\033[1;5A\033[1;2D", 245), PAUSE(1200)}},
    {.name = "xterm_in_the_box_in_late_pieces",
     .steps = {BOX("a"), PIECES("\033OD\033[1;2D\033OM", 260), PAUSE(1200)}},
    {.name = "xterm_in_the_tree_in_late_pieces",
     .steps = {PIECES("\033OD\033[D\033[1;5D\033OP", 260), PAUSE(1200), NOT_SEE("Esc back"), TYPE("\r")}},
    {.name = "xterm_keypad_enter_behind_text_in_one_go",
     .steps = {BOX("a"), TYPE("ok\033OM"), REST, SEE(IN_ONE_GO)}},
    {.name = "enter_with_modifiers", .steps = {BOX("a"), TYPE("\033[13;2~\033[27;5;13~\033[13;5u"), REST}},

    /* what terminals answer late */
    {.name = "a_forged_report_before_the_box", .steps = {TYPE("\033[1;1Ra\r\r"), REST}},
    {.name = "a_late_report_to_an_earlier_box",
     .steps = {TYPE("a"), PAUSE(50), TYPE("\x03"), PAUSE(50), TYPE("a"), PAUSE(50), TYPE("\033[1;1R"),
               PAUSE(60), TYPE("\r"), SEE(NEVER)},
     .mute = true},
    {.name = "late_colour_answers_in_the_box",
     .steps = {BOX("a"), TYPE("\033]10;rgb:ffff/ffff/ffff\007\033]11;rgb:0000/0000/0000\033\\"), REST,
               SEE("Esc back")}},
    {.name = "a_colour_answer_in_pieces",
     .steps = {BOX("a"), PIECES("\033]11;rgb:0d0d/0a0a/0d0d\033\\", 60), PAUSE(1200)}},
    {.name = "late_device_attributes_in_the_box",
     .steps = {BOX("a"), TYPE("\033[?62;22c\033[>0;276;0c\033P>|XTerm(379)\033\\\033P1+r524742=\033\\"), REST,
               SEE("Esc back")}},
    {.name = "focus_and_enter_of_another_window",
     .steps = {BOX("a"), TYPE("\033[O"), REST, TYPE("\033[I\033[O"), REST}},
    {.name = "mouse_reports_in_the_box",
     .steps = {BOX("a"), TYPE("\033[<0;70;20M\033[<0;70;20m\033[<64;70;20M\033[M !!\033[0;33;34M"), REST,
               SEE("Esc back")}},
    {.name = "a_mouse_report_that_is_cut",
     .steps = {BOX("a"), TYPE("\033[M\r\r\r"), PAUSE(300), TYPE("\033[<0;13")}},
    {.name = "eight_bit_controls",
     .steps = {BOX("a"), TYPE("\x9b\x31\x33\x7e\x8f\x4d\x8d\x85\x9d\x9c"), REST, SEE("Esc back")}},
    {.name = "no_utf8_at_all",
     .steps = {BOX("a"), TYPE("\xff\xfe\xe2\x28\xa1\xc0\x8d"), REST, SEE("Esc back")}},
    {.name = "a_click_on_the_box",
     .steps = {BOX("a"), TYPE("\033[<0;80;19M"), REST, TYPE("\033[<0;80;19m"), REST}},
    {.name = "a_double_click_on_the_line_that_confirms",
     .steps = {BOX("a"), TYPE("\033[<0;66;19M\033[<0;66;19m"), PAUSE(80),
               TYPE("\033[<0;66;19M\033[<0;66;19m"), REST}},
    {.name = "a_double_click_on_the_row",
     .steps = {TYPE("\033[<0;20;8M\033[<0;20;8m"), PAUSE(80), TYPE("\033[<0;20;8M\033[<0;20;8m"), REST}},

    /* other keys in the box */
    {.name = "text_that_ends_in_a_blank", .steps = {BOX("a"), TYPE("yes approve "), REST}},
    {.name = "tab_and_arrows", .steps = {BOX("a"), TYPE("\t\033[A\033[B\033[C"), REST}},
    {.name = "esc_and_enter", .steps = {BOX("a"), TYPE("\033"), PAUSE(300), TYPE("\r")}},
    {.name = "ctrl_c_and_enter", .steps = {BOX("a"), TYPE("\x03\r"), REST}},
    {.name = "ctrl_l_and_enter_before_it_is_drawn_again",
     .steps = {BOX("a"), TYPE("\x0c"), TYPE("\r"), REST, TYPE("\x0c\r"), REST, SEE("Esc back")}},
    {.name = "a_comment_with_a_line_end_pasted",
     .steps = {BOX("a"), TYPE("\033[200~one\rtwo\n\033[201~"), SEE("one two")}},
    {.name = "a_comment_with_check_marks_pasted",
     .steps = {BOX("a"), TYPE("\033[200~ok " CHECK_MARK "\033[201~"), SEE("ok")}},
};

int main(void)
{
    return mistakes_run(rows, sizeof rows / sizeof *rows);
}
