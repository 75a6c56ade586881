/* daemon/adopt.h: `drawbridged adopt PROJECT --upstream URL`: takes over a repository that Keptn or
 * drawbridged has initialised. */
#ifndef DAEMON_ADOPT_H
#define DAEMON_ADOPT_H

#include "daemon/options.h"

int adopt_command(const struct options *options, int argc, char **argv); /* returns the exit status */

#endif
