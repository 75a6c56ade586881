noinst_LTLIBRARIES += libview.la
libview_la_SOURCES = \
	%D%/bigtype.c \
	%D%/bigtype.h \
	%D%/box.c \
	%D%/boxdraw.c \
	%D%/confirm.c \
	%D%/detail.c \
	%D%/draw.c \
	%D%/facts.c \
	%D%/field.c \
	%D%/filter.c \
	%D%/filter.h \
	%D%/filtering.c \
	%D%/grid.c \
	%D%/grid.h \
	%D%/help.c \
	%D%/input.c \
	%D%/input.h \
	%D%/internal.h \
	%D%/keymap.c \
	%D%/keymap.h \
	%D%/list.c \
	%D%/list.h \
	%D%/log.c \
	%D%/palette.c \
	%D%/palette.h \
	%D%/prompt.c \
	%D%/prompt.h \
	%D%/rows.c \
	%D%/rows.h \
	%D%/screens.c \
	%D%/sent.c \
	%D%/source.c \
	%D%/stages.c \
	%D%/target.c \
	%D%/term.c \
	%D%/term.h \
	%D%/texts.c \
	%D%/theme.c \
	%D%/theme.h \
	%D%/topbar.c \
	%D%/tree.c \
	%D%/undo.c \
	%D%/view.c \
	%D%/view.h \
	%D%/waiting.c \
	%D%/waiting.h \
	%D%/wall.c \
	%D%/wall.h \
	%D%/wallparts.c
libview_la_CFLAGS = $(AM_CFLAGS) $(NCURSES_CFLAGS)
VIEW_LIBS = libview.la libsettings.la $(NCURSES_LIBS)
