# The recorded scenario that tests of screens share; made when they run, never kept.
check_LTLIBRARIES += %D%/libscenario.la
%C%_libscenario_la_SOURCES = %D%/play.c %D%/play.h %D%/scenario.c %D%/scenario.h %D%/shipyards.c %D%/shipyards.h \
	%D%/story.c %D%/story.h
%C%_libscenario_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%
SCENARIO_LIBS = %D%/libscenario.la $(FEED_LIBS) $(HTTP_LIBS) libmodel.la libevent.la $(BASE_LIBS)
check_PROGRAMS += %D%/scenario
%C%_scenario_SOURCES = %D%/main.c
%C%_scenario_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%
%C%_scenario_LDADD = $(SCENARIO_LIBS)
check_PROGRAMS += %D%/scenario_test
TESTS += %D%/scenario_test
%C%_scenario_test_SOURCES = %D%/scenario_test.c
%C%_scenario_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%
%C%_scenario_test_LDADD = $(TEST_LIBS) $(SCENARIO_LIBS)
