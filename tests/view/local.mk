# A pseudo-terminal with libvterm at its other end, for every test that looks at a screen.
check_LTLIBRARIES += tests/support/libpty.la
tests_support_libpty_la_SOURCES = tests/support/pty.c tests/support/pty.h
tests_support_libpty_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
tests_support_libpty_la_CFLAGS = $(AM_CFLAGS) $(VTERM_CFLAGS)
PTY_LIBS = tests/support/libpty.la $(VTERM_LIBS)

# The view on a scripted model, without a server.
check_PROGRAMS += %D%/view_driver
%C%_view_driver_SOURCES = %D%/scene.c %D%/scene.h %D%/view_driver.c
%C%_view_driver_LDADD = $(VIEW_LIBS) libmodel.la libevent.la $(BASE_LIBS)

check_PROGRAMS += %D%/input_test %D%/grid_test %D%/theme_test
TESTS += %D%/input_test %D%/grid_test %D%/theme_test
%C%_input_test_SOURCES = %D%/input_test.c
%C%_input_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)
%C%_grid_test_SOURCES = %D%/grid_test.c
%C%_grid_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)
%C%_theme_test_SOURCES = %D%/theme_test.c
%C%_theme_test_LDADD = $(TEST_LIBS) $(VIEW_LIBS) $(BASE_LIBS)
