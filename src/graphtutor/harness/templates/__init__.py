"""The files that exports carry: each is copied as it stands and finds its data beside itself."""
