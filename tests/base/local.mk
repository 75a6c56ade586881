# A test program: check_PROGRAMS and TESTS += the same name; link $(TEST_LIBS) first, then what it tests.
check_PROGRAMS += %D%/buffer_test
TESTS += %D%/buffer_test
%C%_buffer_test_SOURCES = %D%/buffer_test.c
%C%_buffer_test_LDADD = $(TEST_LIBS) $(BASE_LIBS)
