"""One thin file per command, imported lazily."""
