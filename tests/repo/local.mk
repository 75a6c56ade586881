# tests of repo
check_PROGRAMS += %D%/repo_test %D%/upstream_test %D%/queue_test
TESTS += %D%/repo_test %D%/upstream_test %D%/queue_test
%C%_repo_test_SOURCES = %D%/repo_test.c %D%/support.c %D%/support.h
%C%_repo_test_LDADD = $(TEST_LIBS) $(REPO_LIBS) $(BASE_LIBS)
%C%_upstream_test_SOURCES = %D%/upstream_test.c %D%/support.c %D%/support.h
%C%_upstream_test_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
%C%_upstream_test_LDADD = $(TEST_LIBS) $(REPO_LIBS) $(BASE_LIBS)
%C%_queue_test_SOURCES = %D%/queue_test.c
%C%_queue_test_LDADD = $(TEST_LIBS) $(REPO_LIBS) $(BASE_LIBS)
check_PROGRAMS += %D%/remote_test
TESTS += %D%/remote_test
%C%_remote_test_SOURCES = %D%/remote_test.c %D%/support.c %D%/support.h
%C%_remote_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_remote_test_CFLAGS = $(AM_CFLAGS) $(GIT2_CFLAGS)
%C%_remote_test_LDADD = $(GITSERVER_LIBS) $(TEST_LIBS) $(REPO_LIBS) $(BASE_LIBS)
