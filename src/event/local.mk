noinst_LTLIBRARIES += libevent.la
libevent_la_SOURCES = %D%/event.c %D%/event.h
libevent_la_CFLAGS = $(STRICT_CFLAGS)
