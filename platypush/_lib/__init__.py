"""Leaf helpers. Nothing here imports anything of the package but this folder."""
