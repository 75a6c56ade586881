bin_PROGRAMS += drawbridge
noinst_LTLIBRARIES += libcli.la
libcli_la_SOURCES = %D%/cli.c %D%/cli.h
drawbridge_SOURCES = %D%/main.c
CLI_LIBS = libcli.la $(VIEW_LIBS) libdecide.la $(FEED_LIBS) $(HTTP_LIBS) libmodel.la libevent.la $(BASE_LIBS)
drawbridge_LDADD = $(CLI_LIBS)
