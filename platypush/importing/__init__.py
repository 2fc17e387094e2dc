"""Taking over what an old Platypush has: configuration, scripts, dashboards, users."""
