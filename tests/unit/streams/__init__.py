"""Streams between the daemon and its workers."""
