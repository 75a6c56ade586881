noinst_LTLIBRARIES += libshipyard.la
libshipyard_la_SOURCES = %D%/shipyard.c %D%/shipyard.h %D%/jobconfig.c %D%/jobconfig.h
libshipyard_la_CFLAGS = $(STRICT_CFLAGS) $(PCRE2_CFLAGS)
SHIPYARD_LIBS = libshipyard.la $(PCRE2_LIBS)
