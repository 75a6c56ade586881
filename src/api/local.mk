noinst_LTLIBRARIES += libapi.la
libapi_la_SOURCES = %D%/answer.c %D%/api.h %D%/audit.c %D%/auth.c %D%/evaluation.c %D%/events.c %D%/events_of_type.c %D%/execution.c %D%/handshake.c %D%/internal.h \
	%D%/listen.c %D%/log.c %D%/misc.c %D%/project.c %D%/reader.h %D%/request.c %D%/resource.c %D%/route.c %D%/secret.c %D%/sequence.c \
	%D%/server.c %D%/sha1.c %D%/stage.c %D%/stream.c %D%/uniform.c %D%/uri.c %D%/websocket.c
libapi_la_CFLAGS = $(AM_CFLAGS) $(MHD_CFLAGS) $(WSLAY_CFLAGS) $(SODIUM_CFLAGS)
API_LIBS = libapi.la $(MHD_LIBS) $(WSLAY_LIBS) $(SODIUM_LIBS)
