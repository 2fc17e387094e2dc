"""The web application, in process, with a daemon that is a function."""
