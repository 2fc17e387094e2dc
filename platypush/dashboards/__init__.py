"""Dashboards: XML files that say which widgets are where. Read and checked on the server, shown by the browser."""
