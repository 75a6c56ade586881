# tests of shipyard
