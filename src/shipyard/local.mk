noinst_LTLIBRARIES += libshipyard.la
libshipyard_la_SOURCES = %D%/internal.h %D%/reading.c %D%/shipyard.c %D%/shipyard.h
libshipyard_la_CFLAGS = $(STRICT_CFLAGS) $(PCRE2_CFLAGS)
SHIPYARD_LIBS = libshipyard.la $(PCRE2_LIBS)
