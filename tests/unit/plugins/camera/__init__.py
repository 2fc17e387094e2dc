"""The camera family."""
