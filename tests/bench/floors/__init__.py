"""What the hub is measured against: the least that a server of each kind has to do."""
