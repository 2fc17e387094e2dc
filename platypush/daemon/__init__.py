"""The daemon: the composition root. ``platypush.daemon.main.run`` is what ``platypush run`` calls."""
