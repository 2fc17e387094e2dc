"""Requests to other servers: to allowed addresses only, within limits of time and size.

Everything that leaves the hub over HTTP goes this way: what a plugin may reach is decided where the connection is made.
"""
