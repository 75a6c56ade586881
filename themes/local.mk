nobase_dist_pkgdata_DATA += %D%/colour-blind.yaml %D%/dark.yaml %D%/high-contrast.yaml %D%/light.yaml %D%/mono.yaml \
	%D%/solarized.yaml
