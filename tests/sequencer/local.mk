# tests of sequencer
