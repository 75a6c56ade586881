# helloservice: the small HTTP service that the tutorial deploys.
pkglibexec_PROGRAMS += helloservice
helloservice_SOURCES = %D%/helloservice.c
helloservice_CFLAGS = $(AM_CFLAGS) $(MHD_CFLAGS) $(CURL_CFLAGS)
helloservice_LDADD = $(MHD_LIBS) $(CURL_LIBS)
