"""Engines behind one narrow interface: torch and fake, one file each."""
