"""A trained model written out for other programs: merged, checked, described."""
