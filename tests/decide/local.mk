# tests of decide
