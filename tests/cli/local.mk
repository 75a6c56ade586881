check_PROGRAMS += %D%/commands_test
TESTS += %D%/commands_test
%C%_commands_test_SOURCES = %D%/commands_test.c
%C%_commands_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_commands_test_LDADD = $(PTY_LIBS) $(WORLD_LIBS) $(CLI_LIBS)
