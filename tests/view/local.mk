EXTRA_DIST += %D%/golden

# A pseudo-terminal with libvterm at its other end, for every test that looks at a screen.
check_LTLIBRARIES += tests/support/libpty.la
tests_support_libpty_la_SOURCES = tests/support/pty.c tests/support/pty.h
tests_support_libpty_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_support_libpty_la_CFLAGS = $(AM_CFLAGS) $(VTERM_CFLAGS)
PTY_LIBS = tests/support/libpty.la $(VTERM_LIBS)

# The view on a scripted model, without a server.
check_PROGRAMS += %D%/view_driver
%C%_view_driver_SOURCES = %D%/scene.c %D%/scene.h %D%/view_driver.c
%C%_view_driver_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_view_driver_LDADD = $(VIEW_LIBS) $(SCENARIO_LIBS)

check_PROGRAMS += %D%/grid_test
TESTS += %D%/grid_test
%C%_grid_test_SOURCES = %D%/grid_test.c
%C%_grid_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/input_test
TESTS += %D%/input_test
%C%_input_test_SOURCES = %D%/input_test.c
%C%_input_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/keymap_test
TESTS += %D%/keymap_test
%C%_keymap_test_SOURCES = %D%/keymap_test.c
%C%_keymap_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/linediff_test
TESTS += %D%/linediff_test
%C%_linediff_test_SOURCES = %D%/linediff_test.c
%C%_linediff_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/ring_test
TESTS += %D%/ring_test
%C%_ring_test_SOURCES = %D%/ring_test.c
%C%_ring_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) libmodel.la libevent.la $(BASE_LIBS)

check_PROGRAMS += %D%/filter_test
TESTS += %D%/filter_test
%C%_filter_test_SOURCES = %D%/filter_test.c
%C%_filter_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) libmodel.la libevent.la $(BASE_LIBS)

check_PROGRAMS += %D%/prompt_test
TESTS += %D%/prompt_test
%C%_prompt_test_SOURCES = %D%/prompt_test.c
%C%_prompt_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/theme_test
TESTS += %D%/theme_test
%C%_theme_test_SOURCES = %D%/console_fonts.h %D%/theme_test.c
%C%_theme_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS) -lm

# Screens: the driver in a pseudo-terminal.
check_LTLIBRARIES += %D%/libscreens.la
%C%_libscreens_la_SOURCES = %D%/scene.c %D%/scene.h %D%/screens.c %D%/screens.h
%C%_libscreens_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
SCREEN_LIBS = %D%/libscreens.la $(PTY_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/decide_test
TESTS += %D%/decide_test
%C%_decide_test_SOURCES = %D%/decide_test.c
%C%_decide_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_decide_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/decided_test
TESTS += %D%/decided_test
%C%_decided_test_SOURCES = %D%/decided_test.c
%C%_decided_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_decided_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/events_test
TESTS += %D%/events_test
%C%_events_test_SOURCES = %D%/events_test.c
%C%_events_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_events_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/filtering_test
TESTS += %D%/filtering_test
%C%_filtering_test_SOURCES = %D%/filtering_test.c
%C%_filtering_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_filtering_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/golden_test
TESTS += %D%/golden_test
%C%_golden_test_SOURCES = %D%/golden_test.c
%C%_golden_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_golden_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/help_test
TESTS += %D%/help_test
%C%_help_test_SOURCES = %D%/help_test.c
%C%_help_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_help_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

dist_check_SCRIPTS += %D%/terminals_test.sh
TESTS += %D%/terminals_test.sh
check_PROGRAMS += %D%/paint_test
TESTS += %D%/paint_test
%C%_paint_test_SOURCES = %D%/paint_test.c
%C%_paint_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)
check_PROGRAMS += %D%/terminal_test
TESTS += %D%/terminal_test
%C%_terminal_test_SOURCES = %D%/terminal_test.c
%C%_terminal_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_terminal_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)
check_PROGRAMS += %D%/screen_test
TESTS += %D%/screen_test
%C%_screen_test_SOURCES = %D%/screen_test.c
%C%_screen_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_screen_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/sources_test
TESTS += %D%/sources_test
%C%_sources_test_SOURCES = %D%/sources_test.c
%C%_sources_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_sources_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/suite_test
TESTS += %D%/suite_test
%C%_suite_test_SOURCES = %D%/suite_test.c
%C%_suite_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_suite_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_LTLIBRARIES += %D%/libmistakes.la
%C%_libmistakes_la_SOURCES = %D%/mistakes.c %D%/mistakes.h
%C%_libmistakes_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests

check_PROGRAMS += %D%/boxes_test
TESTS += %D%/boxes_test
%C%_boxes_test_SOURCES = %D%/boxes_test.c
%C%_boxes_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_boxes_test_LDADD = %D%/libmistakes.la $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/mistakes_keys_test
TESTS += %D%/mistakes_keys_test
%C%_mistakes_keys_test_SOURCES = %D%/mistakes_keys_test.c
%C%_mistakes_keys_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_mistakes_keys_test_LDADD = %D%/libmistakes.la $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/mistakes_state_test
TESTS += %D%/mistakes_state_test
%C%_mistakes_state_test_SOURCES = %D%/mistakes_state_test.c
%C%_mistakes_state_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_mistakes_state_test_LDADD = %D%/libmistakes.la $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/mistakes_random_test
TESTS += %D%/mistakes_random_test
%C%_mistakes_random_test_SOURCES = %D%/mistakes_random_test.c
%C%_mistakes_random_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_mistakes_random_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/batch_test
TESTS += %D%/batch_test
%C%_batch_test_SOURCES = %D%/batch_test.c
%C%_batch_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_batch_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/undo_test
TESTS += %D%/undo_test
%C%_undo_test_SOURCES = %D%/undo_test.c
%C%_undo_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_undo_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/storm_test
TESTS += %D%/storm_test
%C%_storm_test_SOURCES = %D%/frame.c %D%/frame.h %D%/storm_test.c
%C%_storm_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_storm_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)
# The same for ten minutes; STORM_SEED=N in the environment repeats one.
MONKEY_SECONDS = 600
monkey: %D%/view_driver %D%/storm_test
	$(AM_TESTS_ENVIRONMENT) STORM_SECONDS=$(MONKEY_SECONDS) %D%/storm_test
.PHONY: monkey

check_PROGRAMS += %D%/waiting_test
TESTS += %D%/waiting_test
%C%_waiting_test_SOURCES = %D%/waiting_test.c
%C%_waiting_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_waiting_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/wall_test
TESTS += %D%/wall_test
%C%_wall_test_SOURCES = %D%/wall_test.c
%C%_wall_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_wall_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/words_test
TESTS += %D%/words_test
%C%_words_test_SOURCES = %D%/words_test.c
%C%_words_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/command_test
TESTS += %D%/command_test
%C%_command_test_SOURCES = %D%/command_test.c
%C%_command_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_command_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/hostile_test
TESTS += %D%/hostile_test
%C%_hostile_test_SOURCES = %D%/frame.c %D%/frame.h %D%/hostile_test.c
%C%_hostile_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_hostile_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)

check_PROGRAMS += %D%/links_test
TESTS += %D%/links_test
%C%_links_test_SOURCES = %D%/links_test.c
%C%_links_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_links_test_LDADD = $(TEST_LIBS) $(SCREEN_LIBS)
