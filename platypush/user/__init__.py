"""Users, their sessions and tokens, and who may do what.

``service.open_users`` gives the whole store to a process. ``credentials`` and ``policy`` are pure and need no database.
This package imports nothing by itself, so that those two stay light.
"""
