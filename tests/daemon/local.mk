# tests of daemon
check_PROGRAMS += %D%/daemon_test
TESTS += %D%/daemon_test
%C%_daemon_test_SOURCES = %D%/daemon_test.c
%C%_daemon_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_daemon_test_LDADD = $(WORLD_LIBS)

check_PROGRAMS += %D%/keptn_test
TESTS += %D%/keptn_test
%C%_keptn_test_SOURCES = %D%/keptn_test.c
%C%_keptn_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_keptn_test_LDADD = $(WORLD_LIBS)

check_PROGRAMS += %D%/adopt_test
TESTS += %D%/adopt_test
%C%_adopt_test_SOURCES = %D%/adopt_test.c
%C%_adopt_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_adopt_test_LDADD = $(WORLD_LIBS)

check_PROGRAMS += %D%/approval_test
TESTS += %D%/approval_test
%C%_approval_test_SOURCES = %D%/approval_test.c %D%/support.c %D%/support.h
%C%_approval_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_approval_test_LDADD = $(WORLD_LIBS)

check_PROGRAMS += %D%/sequence_test
TESTS += %D%/sequence_test
%C%_sequence_test_SOURCES = %D%/sequence_test.c %D%/support.c %D%/support.h
%C%_sequence_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_sequence_test_LDADD = $(WORLD_LIBS)

check_PROGRAMS += %D%/deletion_test
TESTS += %D%/deletion_test
%C%_deletion_test_SOURCES = %D%/deletion_test.c %D%/support.c %D%/support.h
%C%_deletion_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_deletion_test_LDADD = $(WORLD_LIBS)
