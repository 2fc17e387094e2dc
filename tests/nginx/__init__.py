"""nginx in front of a real hub, with the rendered site."""
