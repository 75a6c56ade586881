# tests of api
API_TEST_LIBS = $(TEST_LIBS) $(API_LIBS) $(STORE_LIBS) libevent.la $(BASE_LIBS) $(SODIUM_LIBS) $(CURL_LIBS)
API_TEST_CFLAGS = $(AM_CFLAGS) $(MHD_CFLAGS) $(WSLAY_CFLAGS) $(CURL_CFLAGS) $(SQLITE_CFLAGS)
check_PROGRAMS += %D%/http_test %D%/parts_test %D%/stream_test %D%/wire_test
TESTS += %D%/http_test %D%/parts_test %D%/stream_test %D%/wire_test
%C%_http_test_SOURCES = %D%/http_test.c %D%/support.c %D%/support.h
%C%_http_test_CFLAGS = $(API_TEST_CFLAGS)
%C%_http_test_LDADD = $(API_TEST_LIBS)
%C%_parts_test_SOURCES = %D%/parts_test.c %D%/support.c %D%/support.h
%C%_parts_test_CFLAGS = $(API_TEST_CFLAGS)
%C%_parts_test_LDADD = $(API_TEST_LIBS)
%C%_stream_test_SOURCES = %D%/stream_test.c %D%/support.c %D%/support.h
%C%_stream_test_CFLAGS = $(API_TEST_CFLAGS)
%C%_stream_test_LDADD = $(API_TEST_LIBS)
%C%_wire_test_SOURCES = %D%/wire_test.c %D%/support.c %D%/support.h
%C%_wire_test_CFLAGS = $(API_TEST_CFLAGS)
%C%_wire_test_LDADD = $(API_TEST_LIBS)
