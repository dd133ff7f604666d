"""What the benchmarks share: the libraries that are compared, their processes, and the tables."""
