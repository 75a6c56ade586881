noinst_LTLIBRARIES += libstore.la
libstore_la_SOURCES = %D%/store.c %D%/store.h
libstore_la_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
STORE_LIBS = libstore.la $(SQLITE_LIBS)
