"""Taking over what an old Platypush has."""
