"""Sending media: whole, in parts, by ourselves, by nginx, or from another server."""
