"""Connections to MQTT brokers, for those who publish and those who listen."""
