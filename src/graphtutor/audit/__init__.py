"""Whether a dataset can be believed: leaks, well-posedness, shortcuts; each with a gate."""
