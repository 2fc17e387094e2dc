"""Alembic's migrations of the user store, from the first version on."""
