noinst_LTLIBRARIES += libfeed.la
libfeed_la_SOURCES = %D%/feed.c %D%/feed.h %D%/internal.h %D%/proxy.c \
	%D%/recording.c %D%/recording.h %D%/replay.c %D%/replay.h %D%/replay_file.c %D%/replay_file.h %D%/replay_input.c %D%/replay_input.h \
	%D%/replay_search.c %D%/replay_search.h \
	%D%/scan.c %D%/snapshot.c %D%/stream.c
libfeed_la_CFLAGS = $(AM_CFLAGS) $(LWS_CFLAGS)
FEED_LIBS = libfeed.la $(LWS_LIBS)
