"""Completions: the record, the generator protocol, the strict parser."""
