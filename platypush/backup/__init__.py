"""Backups of an installation: one archive with database, keys, state, configuration, scripts and dashboards."""
