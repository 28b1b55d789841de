"""Metrics with intervals over scored completions."""
