# They run real processes under jobshim.
check_PROGRAMS += %D%/jobs_test
TESTS += %D%/jobs_test
%C%_jobs_test_SOURCES = %D%/jobs_test.c %D%/world.c %D%/world.h
%C%_jobs_test_LDADD = $(TEST_LIBS) libjobs.la $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)
