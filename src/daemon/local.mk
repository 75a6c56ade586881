bin_PROGRAMS += drawbridged
drawbridged_SOURCES = %D%/main.c
drawbridged_CFLAGS = $(AM_CFLAGS) $(SODIUM_CFLAGS) $(SQLITE_CFLAGS)
DAEMON_LIBS = $(API_LIBS) libjobs.la libsequencer.la $(STORE_LIBS) $(REPO_LIBS) $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS) $(SODIUM_LIBS)
drawbridged_LDADD = $(DAEMON_LIBS)
