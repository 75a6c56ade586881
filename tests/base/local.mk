# A test program: check_PROGRAMS and TESTS += the same name; link $(TEST_LIBS) first, then what it tests.
check_PROGRAMS += %D%/base_test
TESTS += %D%/base_test
%C%_base_test_SOURCES = %D%/base_test.c
%C%_base_test_LDADD = $(TEST_LIBS) $(BASE_LIBS)

check_PROGRAMS += %D%/json_test %D%/utf8_test %D%/yaml_test
TESTS += %D%/json_test %D%/utf8_test %D%/yaml_test
%C%_json_test_SOURCES = %D%/json_test.c
%C%_json_test_LDADD = $(TEST_LIBS) $(BASE_LIBS)
%C%_utf8_test_SOURCES = %D%/utf8_test.c
%C%_utf8_test_LDADD = $(TEST_LIBS) $(BASE_LIBS)
%C%_yaml_test_SOURCES = %D%/yaml_test.c
%C%_yaml_test_LDADD = $(TEST_LIBS) $(BASE_LIBS)
