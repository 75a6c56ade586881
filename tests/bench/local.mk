# make bench: the table of doc/performance.md. Not built by `make`.
EXTRA_PROGRAMS = %D%/bench
CLEANFILES += %D%/bench
%C%_bench_SOURCES = %D%/bench.c %D%/bench.h %D%/decode.c %D%/screen.c
%C%_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_bench_LDADD = libmodel.la libevent.la $(PTY_LIBS) $(WORLD_LIBS)
dist_check_SCRIPTS += %D%/bench_test.sh
TESTS += %D%/bench_test.sh

bench: all %D%/bench
	@DRAWBRIDGE_PROGRAMS='$(abs_top_builddir)' DRAWBRIDGE_DATADIR='$(abs_top_srcdir)' ./%D%/bench $(BENCH_FLAGS)
.PHONY: bench
