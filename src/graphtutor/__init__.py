"""graphtutor: a knowledge graph tutors a small language model, then leaves the room.

The package imports nothing heavy; each part is imported from its own module.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
