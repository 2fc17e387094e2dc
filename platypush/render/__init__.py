"""What is rendered from the configuration: nginx's site, the systemd units, uWSGI's file and command line.

Every renderer is a pure function from values to a mapping of paths to texts; the commands in ``platypush.cli`` gather
the values and write the files.
"""
