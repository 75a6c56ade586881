# tests of repo
