noinst_LTLIBRARIES += libview.la
libview_la_SOURCES = %D%/view.c %D%/view.h
libview_la_CFLAGS = $(AM_CFLAGS) $(NCURSES_CFLAGS) $(UTF8PROC_CFLAGS)
VIEW_LIBS = libview.la $(NCURSES_LIBS)
