# tests of repo
check_PROGRAMS += %D%/repo_test
TESTS += %D%/repo_test
%C%_repo_test_SOURCES = %D%/repo_test.c %D%/support.c %D%/support.h
%C%_repo_test_LDADD = $(TEST_LIBS) $(REPO_LIBS) $(BASE_LIBS)
