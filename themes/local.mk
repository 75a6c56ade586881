nobase_dist_pkgdata_DATA += %D%/dark.yaml %D%/mono.yaml
