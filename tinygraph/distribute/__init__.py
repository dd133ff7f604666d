"""Training on several processes, which may be on several machines: each takes its rows of every batch."""

from tinygraph.distribute.mpi import MPI as MPI

__all__ = ["MPI"]
