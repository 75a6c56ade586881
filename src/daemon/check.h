/* daemon/check.h: `drawbridged check FILE`: lints a shipyard.yaml or a job/config.yaml. */
#ifndef DAEMON_CHECK_H
#define DAEMON_CHECK_H

int check_command(
    const char *path); /* returns the exit status; faults go to standard error as FILE:LINE:COLUMN: … */

#endif
