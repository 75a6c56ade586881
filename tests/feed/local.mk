check_PROGRAMS += %D%/http_test
TESTS += %D%/http_test
%C%_http_test_SOURCES = %D%/http_test.c %D%/fake.c %D%/fake.h
%C%_http_test_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS) -I$(srcdir)/%D%
%C%_http_test_LDADD = $(TEST_LIBS) $(HTTP_LIBS) $(LWS_LIBS) $(BASE_LIBS)
