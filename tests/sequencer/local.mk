# tests of sequencer
SEQUENCER_TEST_LIBS = $(TEST_LIBS) libsequencer.la $(SHIPYARD_LIBS) libevent.la $(BASE_LIBS)
SEQUENCER_TESTS = %D%/approval_test %D%/flow_test %D%/payload_test
check_PROGRAMS += $(SEQUENCER_TESTS)
TESTS += $(SEQUENCER_TESTS)
%C%_approval_test_SOURCES = %D%/approval_test.c
%C%_approval_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_flow_test_SOURCES = %D%/flow_test.c %D%/world.c %D%/world.h
%C%_flow_test_LDADD = $(SEQUENCER_TEST_LIBS)
%C%_payload_test_SOURCES = %D%/payload_test.c
%C%_payload_test_LDADD = $(SEQUENCER_TEST_LIBS)
