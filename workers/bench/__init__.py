"""The benchmarks: a stack of its own, five measurements, one table and one result file."""
