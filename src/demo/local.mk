# helloservice: the small HTTP service that the tutorial deploys.
pkglibexec_PROGRAMS += helloservice
helloservice_SOURCES = %D%/helloservice.c
