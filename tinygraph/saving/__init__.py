"""Models in files: what is written, how it is read, and what is refused."""
