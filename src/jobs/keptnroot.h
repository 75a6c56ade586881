/* jobs/keptnroot.h: a job's own view of the file system, in which its working directory is /keptn. */
#ifndef JOBS_KEPTNROOT_H
#define JOBS_KEPTNROOT_H

#include <stdbool.h>

/* Moves this process into a mount namespace of its own where `directory` is seen at /keptn and everything
 * else as before. Nothing of it is seen by others. Only for root: as another user it would take a user
 * namespace, in which system files seem to belong to nobody, so that ssh refuses its configuration and sudo
 * does not work; there, /keptn is replaced in command and variables only. False: not possible here; all is as
 * before. */
bool keptnroot_enter(const char *directory);

#endif
