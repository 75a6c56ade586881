noinst_LTLIBRARIES += libshipyard.la
libshipyard_la_SOURCES = %D%/goregex.c %D%/goregex.h %D%/govalue.c %D%/internal.h %D%/jobconfig.c %D%/jobconfig.h \
	%D%/jsonpath.c %D%/jsonpath.h %D%/reading.c %D%/shipyard.c %D%/shipyard.h
libshipyard_la_CFLAGS = $(STRICT_CFLAGS) $(PCRE2_CFLAGS)
SHIPYARD_LIBS = libshipyard.la $(PCRE2_LIBS)
