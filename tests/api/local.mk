# tests of api
API_TEST_LIBS = $(TEST_LIBS) $(API_LIBS) $(STORE_LIBS) libevent.la $(BASE_LIBS) $(SODIUM_LIBS) $(CURL_LIBS)
API_TEST_CFLAGS = $(AM_CFLAGS) $(MHD_CFLAGS) $(WSLAY_CFLAGS) $(CURL_CFLAGS) -I$(srcdir)/%D%
check_PROGRAMS += %D%/stream_test
TESTS += %D%/stream_test
%C%_stream_test_SOURCES = %D%/stream_test.c %D%/support.c %D%/support.h
%C%_stream_test_CFLAGS = $(API_TEST_CFLAGS)
%C%_stream_test_LDADD = $(API_TEST_LIBS)
