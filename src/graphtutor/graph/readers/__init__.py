"""One file a format: each reads a foreign graph file into the records of ``kg.json``."""
