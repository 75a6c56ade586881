check_PROGRAMS += %D%/shipyard_test
TESTS += %D%/shipyard_test
%C%_shipyard_test_SOURCES = %D%/shipyard_test.c
%C%_shipyard_test_LDADD = $(TEST_LIBS) $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)

check_PROGRAMS += %D%/goregex_test
TESTS += %D%/goregex_test
%C%_goregex_test_SOURCES = %D%/goregex_test.c
%C%_goregex_test_LDADD = $(TEST_LIBS) $(SHIPYARD_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/jobconfig_test
TESTS += %D%/jobconfig_test
%C%_jobconfig_test_SOURCES = %D%/jobconfig_test.c
%C%_jobconfig_test_LDADD = $(TEST_LIBS) $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)
