noinst_LTLIBRARIES += libnotify.la
libnotify_la_SOURCES = \
	%D%/command.c \
	%D%/internal.h \
	%D%/known.c \
	%D%/known.h \
	%D%/notify.c \
	%D%/notify.h
libnotify_la_CFLAGS = $(AM_CFLAGS) $(SODIUM_CFLAGS)
NOTIFY_LIBS = libnotify.la $(SODIUM_LIBS)
