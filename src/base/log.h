/* base/log.h: log lines on standard error, "time level text"; text from outside is sanitised on the way. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);                      /* default LOG_INFO */
bool log_parse_level(const char *text, enum log_level *level); /* error, warn, info, debug */
/* Where lines go instead of standard error; text is one sanitised line without newline. NULL: standard error.
 */
void log_set_sink(void (*sink)(void *arg, enum log_level level, const char *text), void *arg);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
