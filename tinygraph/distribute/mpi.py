"""`MPI`: the processes that `mpirun` started, and what they tell one another."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph import backends

if TYPE_CHECKING:
    from tinygraph.nn.steps import Steps

Array = np.ndarray[Any, Any]


class MPI:
    """Data-parallel training by the Message Passing Interface: for `compile`'s ``distribute``.

    Every process, a *rank*, runs the same script on the same data and keeps all weights. In `fit` and
    `evaluate` a rank computes its rows of each batch; gradients, losses and what else is summed over samples
    stand in one flat buffer, which one Allreduce a step adds up. So a step is that of the whole batch, and
    all ranks stay alike. `predict` is done by each rank alone, for all samples.

    An error that nobody catches on one rank ends all of them; ``mpirun -n 4 python -m mpi4py train.py`` has
    ``sys.exit(1)`` do so, too. Without ``mpirun`` there is one rank.

    Raises:
        ImportError: no mpi4py, or no MPI library that it finds.

    A script, run by ``mpirun -n 4 python train.py``:

    >>> import tinygraph as tg
    >>> from tinygraph.nn import Dense, Sequential
    >>> model = Sequential([Dense(1, input_shape=(3,))])
    >>> model.compile("adam", "mse", distribute=tg.distribute.MPI())  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self.comm = _world()
        #: which of the ranks this is, counted from 0
        self.rank: int = self.comm.rank
        #: how many ranks there are
        self.size: int = self.comm.size

    @property
    def is_root(self) -> bool:
        """Whether this is rank 0, which prints and saves."""
        return self.rank == 0

    def same(self, value: Any) -> Any:
        """Return the value that rank 0 has."""
        return self.comm.bcast(value)

    def each(self, value: Any) -> list[Any]:
        """Return the value of every rank."""
        return self.comm.allgather(value)

    def anyone(self, found: bool) -> bool:
        """Return whether it is so on any rank."""
        return any(self.each(found))

    def total(self, values: Array) -> Array:
        """Return the sum over all ranks."""
        result = np.array(values)
        self._add_up(result)
        return result

    def adder(self, backend: str) -> Callable[[Any], None]:
        """Return what replaces an array on a backend by its sum over all ranks, where it stands."""
        if backends.get(backend).device is None:
            return self._add_up
        from tinygraph.backends.cupy.nccl import Communicator

        local = self.comm.Split_type(self._api.COMM_TYPE_SHARED)
        return Communicator(backends.get(backend).xp, self, local.rank, local.size)

    def steps(self, *arguments: Any) -> Steps:
        """Return the programs of a model whose steps the ranks share."""
        from tinygraph.distribute.steps import SharedSteps

        return SharedSteps(self, *arguments)

    @property
    def _api(self) -> Any:
        from mpi4py import MPI

        return MPI

    def _add_up(self, array: Array) -> None:
        self.comm.Allreduce(self._api.IN_PLACE, array)

    def __reduce__(self) -> tuple[Any, ...]:
        return MPI, ()

    def __repr__(self) -> str:
        return f"<MPI rank {self.rank} of {self.size}>"


@lru_cache(maxsize=1)
def _world() -> Any:
    """Return the communicator of all ranks, which end together from now on."""
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as problem:  # the latter where it finds no library
        raise ImportError(
            f"tg.distribute.MPI: needs mpi4py and an MPI library; pip install 'tinygraph[mpi]'. ({problem})"
        ) from None
    if MPI.COMM_WORLD.size > 1:
        _end_together(MPI.COMM_WORLD)
    return MPI.COMM_WORLD


def _end_together(world: Any) -> None:
    """Have an error that nobody catches end all ranks: the others would wait for this one for ever."""

    def end(kind: Any, problem: Any, trace: Any) -> None:
        lines = traceback.format_exception(kind, problem, trace)
        sys.stdout.flush()
        # At once: other ranks may be writing theirs.
        sys.stderr.write(f"rank {world.rank} of {world.size} failed and ends the job:\n{''.join(lines)}")
        sys.stderr.flush()
        world.Abort(1)

    sys.excepthook = end
