"""Readers of other graph formats into kg.json, one file a format."""
