"""The websocket server, part by part."""
