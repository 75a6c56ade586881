check_PROGRAMS += %D%/decide_test
TESTS += %D%/decide_test
%C%_decide_test_SOURCES = %D%/decide_test.c
%C%_decide_test_CFLAGS = $(AM_CFLAGS) $(MHD_CFLAGS)
%C%_decide_test_LDADD = $(TEST_LIBS) libdecide.la $(HTTP_LIBS) libevent.la $(BASE_LIBS) $(MHD_LIBS)
