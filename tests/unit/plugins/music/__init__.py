"""Music players: what needs no player."""
