noinst_LTLIBRARIES += libbase.la
libbase_la_SOURCES = %D%/arena.c %D%/arena.h %D%/buffer.c %D%/buffer.h %D%/clock.c %D%/clock.h \
	%D%/error.c %D%/error.h %D%/file.c %D%/file.h %D%/ids.c %D%/ids.h %D%/json.c %D%/json.h %D%/json_scan.c \
	%D%/log.c %D%/log.h %D%/map.c %D%/map.h \
	%D%/mem.c %D%/mem.h %D%/process.c %D%/process.h %D%/utf8.c %D%/utf8.h %D%/utf8_ambiguous.h \
	%D%/yaml.c %D%/yaml.h %D%/yaml_text.c %D%/yaml_text.h %D%/yaml_value.c
libbase_la_CFLAGS = $(STRICT_CFLAGS) $(FYAML_CFLAGS) $(UTF8PROC_CFLAGS)
BASE_LIBS = libbase.la $(FYAML_LIBS) $(UTF8PROC_LIBS) $(CJSON_LIBS) $(UV_LIBS) -lm
