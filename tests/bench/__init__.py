"""Measurements, not tests: ``make bench`` writes BENCHMARKS.md."""
