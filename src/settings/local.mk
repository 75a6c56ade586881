noinst_LTLIBRARIES += libsettings.la
libsettings_la_SOURCES = %D%/edit.c %D%/edit.h %D%/internal.h %D%/nearest.c %D%/options.c %D%/read.c %D%/settings.c %D%/settings.h %D%/state.c %D%/state.h %D%/value.c
libsettings_la_CFLAGS = $(STRICT_CFLAGS)
SETTINGS_LIBS = libsettings.la $(BASE_LIBS)
