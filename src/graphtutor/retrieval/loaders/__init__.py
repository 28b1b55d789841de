"""Loaders: one file a format, each from bytes or text to :class:`~.layout.Layout`."""
