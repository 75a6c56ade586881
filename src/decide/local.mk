noinst_LTLIBRARIES += libdecide.la
libdecide_la_SOURCES = %D%/decide.c %D%/decide.h
