"""The stages of a graph on its way to being run, and drawings of two of them beside each other."""
