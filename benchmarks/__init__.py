"""Measurements that the project states: each module is run by `python -m benchmarks.NAME`."""
