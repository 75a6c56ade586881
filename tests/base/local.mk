# A test program: check_PROGRAMS and TESTS += the same name; link $(TEST_LIBS) first, then what it tests.
check_PROGRAMS += %D%/base_test
TESTS += %D%/base_test
%C%_base_test_SOURCES = %D%/base_test.c
%C%_base_test_LDADD = $(TEST_LIBS) $(BASE_LIBS)
