"""The bus, part by part."""
