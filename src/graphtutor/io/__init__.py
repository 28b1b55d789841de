"""Files and randomness: JSONL, atomic writes, digests, random streams derived by hash."""
