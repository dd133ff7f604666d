"""`GraphError`: what declaring a graph refuses."""


class GraphError(ValueError):
    """A graph that cannot be: shapes that do not fit, an unknown input, a cycle."""
