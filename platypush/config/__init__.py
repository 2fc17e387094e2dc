"""The installation's configuration: read and validated once, then frozen until a reload.

``platypush.config.loader`` reads it; ``model`` is the result. This package's front imports nothing, so that
workers take the model without the validation behind it.
"""
