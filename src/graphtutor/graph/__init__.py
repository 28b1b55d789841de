"""The graph: immutable, validated, indexed arrays; paths; statistics; readers."""
