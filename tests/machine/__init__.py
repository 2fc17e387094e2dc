"""A Debian that boots systemd, and the installed hub in it: deploy/, systemd/ and nginx/ as operators use them.

As root, with systemd-nspawn. ``debian`` makes the system, ``wheelhouse`` what pip installs there, ``container``
boots it.
"""
