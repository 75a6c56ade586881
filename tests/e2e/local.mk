# The programs as a user runs them.
check_PROGRAMS += %D%/tutorial_test
TESTS += %D%/tutorial_test
%C%_tutorial_test_SOURCES = %D%/tutorial_test.c
%C%_tutorial_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_tutorial_test_LDADD = $(WORLD_LIBS)
check_PROGRAMS += %D%/wall_test
TESTS += %D%/wall_test
%C%_wall_test_SOURCES = %D%/wall_test.c
%C%_wall_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_wall_test_LDADD = $(PTY_LIBS) $(RELAY_LIBS) $(WORLD_LIBS)
check_PROGRAMS += %D%/dashboard_test
TESTS += %D%/dashboard_test
%C%_dashboard_test_SOURCES = %D%/dashboard_test.c
%C%_dashboard_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_dashboard_test_LDADD = $(PTY_LIBS) $(WORLD_LIBS)
# Two days of recorded events; `make soak` takes a month of them.
check_PROGRAMS += %D%/soak_test
TESTS += %D%/soak_test
%C%_soak_test_SOURCES = %D%/soak_test.c
%C%_soak_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_soak_test_LDADD = $(PTY_LIBS) $(TEST_LIBS) $(SCENARIO_LIBS)
SOAK_DAYS = 30
soak: drawbridge %D%/soak_test
	$(AM_TESTS_ENVIRONMENT) SOAK_DAYS=$(SOAK_DAYS) %D%/soak_test
.PHONY: soak
check_PROGRAMS += %D%/contexts_test
TESTS += %D%/contexts_test
%C%_contexts_test_SOURCES = %D%/contexts_test.c
%C%_contexts_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_contexts_test_LDADD = $(PTY_LIBS) $(WORLD_LIBS)
check_PROGRAMS += %D%/replay_test
TESTS += %D%/replay_test
%C%_replay_test_SOURCES = %D%/replay_test.c
%C%_replay_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_replay_test_LDADD = $(PTY_LIBS) $(TEST_LIBS) $(SCENARIO_LIBS)
check_PROGRAMS += %D%/linear_test
TESTS += %D%/linear_test
%C%_linear_test_SOURCES = %D%/linear_test.c
%C%_linear_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_linear_test_LDADD = $(PTY_LIBS) $(WORLD_LIBS)
check_PROGRAMS += %D%/commandline_test
TESTS += %D%/commandline_test
%C%_commandline_test_SOURCES = %D%/commandline_test.c
%C%_commandline_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_commandline_test_LDADD = $(PTY_LIBS) $(WORLD_LIBS)
