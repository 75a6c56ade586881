noinst_LTLIBRARIES += libsequencer.la
libsequencer_la_SOURCES = %D%/sequencer.c %D%/sequencer.h %D%/approval.c %D%/approval.h
