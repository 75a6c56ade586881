# They run real processes under jobshim.
check_PROGRAMS += %D%/jobs_test
TESTS += %D%/jobs_test
%C%_jobs_test_SOURCES = %D%/jobs_test.c %D%/world.c %D%/world.h
%C%_jobs_test_LDADD = $(TEST_LIBS) libjobs.la $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)

check_PROGRAMS += %D%/processes_test
TESTS += %D%/processes_test
%C%_processes_test_SOURCES = %D%/processes_test.c %D%/world.c %D%/world.h
%C%_processes_test_LDADD = $(TEST_LIBS) libjobs.la $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)

check_PROGRAMS += %D%/environment_test
TESTS += %D%/environment_test
%C%_environment_test_SOURCES = %D%/environment_test.c %D%/world.c %D%/world.h
%C%_environment_test_LDADD = $(TEST_LIBS) libjobs.la $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)
