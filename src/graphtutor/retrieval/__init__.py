"""Retrieval: documents and graph in, cited answers out."""
