"""Plugins that speak HTTP to other servers."""
