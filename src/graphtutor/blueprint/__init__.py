"""Reasoning blueprints: how one thinks in a domain, as data that becomes SFT examples."""
