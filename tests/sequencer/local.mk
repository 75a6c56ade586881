# tests of sequencer
SEQUENCER_TEST_LIBS = $(TEST_LIBS) libsequencer.la $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)
SEQUENCER_TESTS = %D%/flow_test
check_PROGRAMS += $(SEQUENCER_TESTS)
TESTS += $(SEQUENCER_TESTS)
%C%_flow_test_SOURCES = %D%/flow_test.c %D%/world.c %D%/world.h
%C%_flow_test_LDADD = $(SEQUENCER_TEST_LIBS)
