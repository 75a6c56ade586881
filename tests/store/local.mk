# tests of store
check_PROGRAMS += %D%/store_test %D%/facts_test %D%/durability_test %D%/plan_test %D%/audit_test
TESTS += %D%/store_test %D%/facts_test %D%/durability_test %D%/plan_test %D%/audit_test
%C%_store_test_SOURCES = %D%/store_test.c %D%/support.c %D%/support.h
%C%_store_test_LDADD = $(TEST_LIBS) $(STORE_LIBS) libevent.la $(BASE_LIBS)
%C%_facts_test_SOURCES = %D%/facts_test.c %D%/support.c %D%/support.h
%C%_facts_test_LDADD = $(TEST_LIBS) $(STORE_LIBS) libevent.la $(BASE_LIBS)
%C%_durability_test_SOURCES = %D%/durability_test.c %D%/support.c %D%/support.h
%C%_durability_test_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_durability_test_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_DATA='"$(abs_top_srcdir)/%D%/data"'
EXTRA_DIST += %D%/data/schema-1.sql
%C%_durability_test_LDADD = $(TEST_LIBS) $(STORE_LIBS) libevent.la $(BASE_LIBS)
%C%_plan_test_SOURCES = %D%/plan_test.c %D%/support.c %D%/support.h
%C%_plan_test_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_plan_test_LDADD = $(TEST_LIBS) $(STORE_LIBS) libevent.la $(BASE_LIBS)
%C%_audit_test_SOURCES = %D%/audit_test.c %D%/support.c %D%/support.h
%C%_audit_test_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_audit_test_LDADD = $(TEST_LIBS) $(STORE_LIBS) libevent.la $(BASE_LIBS)
