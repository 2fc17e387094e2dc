"""Platypush: a self-hosted automation hub. Importing the package starts nothing."""

__version__ = "1.0.0"
