bin_PROGRAMS += drawbridged
noinst_LTLIBRARIES += libdaemon.la
libdaemon_la_SOURCES = %D%/adopt.c %D%/adopt.h %D%/answer.c %D%/answer.h %D%/audit.c %D%/audit.h %D%/box.c %D%/box.h %D%/check.c %D%/check.h %D%/core.c %D%/core.h %D%/credentials.c %D%/credentials.h %D%/internal.h %D%/key.c %D%/key.h \
	%D%/options.c %D%/options.h %D%/ports_api.c %D%/ports_jobs.c %D%/post_event.c %D%/projects.c %D%/repo_call.c \
	%D%/resources.c %D%/secrets.c %D%/shipyards.c %D%/token.c %D%/token.h
libdaemon_la_CFLAGS = $(AM_CFLAGS) $(SODIUM_CFLAGS) $(SQLITE_CFLAGS)
drawbridged_SOURCES = %D%/main.c
drawbridged_CFLAGS = $(AM_CFLAGS) $(SODIUM_CFLAGS)
DAEMON_LIBS = libdaemon.la $(API_LIBS) libjobs.la libsequencer.la $(STORE_LIBS) $(REPO_LIBS) $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS) $(SODIUM_LIBS)
drawbridged_LDADD = $(DAEMON_LIBS)
