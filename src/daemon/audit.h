/* daemon/audit.h: `drawbridged audit verify`: whether the audit trail is what drawbridged wrote. */
#ifndef DAEMON_AUDIT_H
#define DAEMON_AUDIT_H

/* verify [ROW:HASH]: with a head that was noted earlier, also that it is still part of the trail. Returns the
 * exit status: 0 whole, 5 tampered with. */
int audit_command(const char *directory, int argc, char **argv);

#endif
