"""Events of the web service."""
