noinst_LTLIBRARIES += libmodel.la
libmodel_la_SOURCES = %D%/model.c %D%/model.h
libmodel_la_CFLAGS = $(STRICT_CFLAGS)
