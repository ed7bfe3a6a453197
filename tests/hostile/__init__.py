"""Damaged files for every reader: `python -m tests.hostile TARGET SECONDS SEED`."""
