"""Media that players fetch from the hub: what may be, what it is, and where. The workers and the plugin share it."""
