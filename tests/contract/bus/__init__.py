"""What every implementation of the bus must do."""
