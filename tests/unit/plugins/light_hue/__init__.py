"""The plugin ``light.hue``: what needs no bridge."""
