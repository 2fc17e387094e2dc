"""Routes of plugins: every module here with ``__routes__``, a list of Flask blueprints, is found by itself."""
