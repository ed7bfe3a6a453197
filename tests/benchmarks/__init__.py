"""Benchmarks: ``python -m tests.benchmarks`` from the repository's root measures everything."""
