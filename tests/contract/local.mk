# Keptn's API, row by row (doc/keptn.md), against a real drawbridged
check_LTLIBRARIES += libcontract.la
libcontract_la_SOURCES = %D%/contract.c %D%/contract.h %D%/shape.c %D%/shapes.h
libcontract_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
CONTRACT_LIBS = libcontract.la $(WORLD_LIBS)
CONTRACT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests

check_PROGRAMS += %D%/gateway_test %D%/project_test %D%/sequence_test %D%/shape_test %D%/uniform_test
TESTS += %D%/gateway_test %D%/project_test %D%/sequence_test %D%/shape_test %D%/uniform_test %D%/ids_test.sh
dist_check_SCRIPTS += %D%/ids_test.sh
%C%_gateway_test_CPPFLAGS = $(CONTRACT_CPPFLAGS)
%C%_gateway_test_LDADD = $(CONTRACT_LIBS)
%C%_project_test_CPPFLAGS = $(CONTRACT_CPPFLAGS)
%C%_project_test_LDADD = $(CONTRACT_LIBS)
%C%_sequence_test_CPPFLAGS = $(CONTRACT_CPPFLAGS)
%C%_sequence_test_LDADD = $(CONTRACT_LIBS)
%C%_shape_test_CPPFLAGS = $(CONTRACT_CPPFLAGS)
%C%_shape_test_LDADD = $(CONTRACT_LIBS)
%C%_uniform_test_CPPFLAGS = $(CONTRACT_CPPFLAGS)
%C%_uniform_test_LDADD = $(CONTRACT_LIBS)
