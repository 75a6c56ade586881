# tests of event
check_PROGRAMS += %D%/event_test
TESTS += %D%/event_test
%C%_event_test_SOURCES = %D%/event_test.c
%C%_event_test_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_DATA='"$(abs_top_srcdir)/%D%/data"'
%C%_event_test_LDADD = $(TEST_LIBS) libevent.la $(BASE_LIBS)
EXTRA_DIST += %D%/data/README.md %D%/data/approval.json %D%/data/remediation.json
