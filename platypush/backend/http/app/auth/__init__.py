"""Who asks, from where, and whether the request is his own wish."""
