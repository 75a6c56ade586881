/* Debian's libcurl comes with libraries that use GnuTLS (LDAP, RTMP); it uses none of it for HTTP. GnuTLS
 * sets itself up as soon as it is loaded, with 110 KB of tables, unless the program has this function
 * (gnutls.h, GNUTLS_SKIP_GLOBAL_INIT); whatever needs it sets it up then. */
#include "config.h"

int _gnutls_global_init_skip(void);

int _gnutls_global_init_skip(void)
{
    return 1;
}
