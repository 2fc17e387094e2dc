"""Backends that look after the weather."""
