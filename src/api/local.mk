noinst_LTLIBRARIES += libapi.la
libapi_la_SOURCES = %D%/api.c %D%/api.h
libapi_la_CFLAGS = $(AM_CFLAGS) $(MHD_CFLAGS) $(WSLAY_CFLAGS) $(SODIUM_CFLAGS)
API_LIBS = libapi.la $(MHD_LIBS) $(WSLAY_LIBS) $(SODIUM_LIBS)
