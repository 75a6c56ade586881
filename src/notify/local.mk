noinst_LTLIBRARIES += libnotify.la
libnotify_la_SOURCES = \
	%D%/command.c \
	%D%/internal.h \
	%D%/notify.c \
	%D%/notify.h
