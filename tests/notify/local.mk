check_PROGRAMS += %D%/notify_test
TESTS += %D%/notify_test
%C%_notify_test_SOURCES = %D%/notify_test.c tests/view/scene.c tests/view/scene.h
%C%_notify_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_notify_test_LDADD = $(TEST_LIBS) $(NOTIFY_LIBS) libsettings.la libmodel.la libevent.la $(BASE_LIBS)
