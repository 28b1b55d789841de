"""The run directory as an interface: paths, provenance, metrics, resume."""
