check_PROGRAMS += %D%/shipyard_test
TESTS += %D%/shipyard_test
%C%_shipyard_test_SOURCES = %D%/shipyard_test.c
%C%_shipyard_test_LDADD = $(TEST_LIBS) $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)
