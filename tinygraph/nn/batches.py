"""Batches, epoch after epoch: cut from arrays, or as a generator, an iterable or a dataset gives them."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from tinygraph.nn.arrays import DataError
from tinygraph.nn.data import Samples
from tinygraph.nn.sources import is_indexed, length_of
from tinygraph.permutation import permuted

#: samples, and which rows of them are the batch
Batch = tuple[Samples, Any]

AT_ONCE = 1024  # places of a shuffled order that are computed together


class Batches:
    """Passes over batches. An epoch is one pass or, where a number of steps was asked for, so many batches:
    the next epoch then goes on where this one stopped."""

    #: how many batches a pass has, None where nobody knows
    length: int | None = None
    #: whether there is one pass only, as of a generator
    passes_once: bool = False
    #: whether each batch is memory of its own
    streamed: ClassVar[bool] = False

    def __init__(self, asked: int | None):
        self.asked = asked
        self.going: Iterator[Any] | None = None
        self.first: Batch | None = None

    def a_pass(self, number: int) -> Iterator[Any]:
        """Return one pass over the batches; its order, if shuffled, follows from ``number``."""
        raise NotImplementedError

    @property
    def steps(self) -> int | None:
        """How many batches an epoch has, None where nobody knows."""
        return self.asked or self.length

    def ready(self, where: str, number: int = 0) -> bool:
        """Begin epoch ``number`` with its first batch, read and checked; return False where none is left."""
        if self.first is None:
            self.begin()
            self.first = None if self.going is None else self._next(f"{where}, step 1")
        if self.first is None:
            self.going = self.a_pass(number)
            self.first = self._next(f"{where}, step 1")
        return self.first is not None

    def epoch(self, where: str) -> Iterator[Batch]:
        """Yield the batches of one epoch; ``where`` stands before what is said of one."""
        if not self.ready(where):
            raise DataError(f"{where}: expected at least one batch, got none.")
        batch, self.first = self.first, None
        for step in itertools.count(1):
            if batch is None:
                self._ended(where, step - 1)
                break
            yield batch
            if step == self.asked:
                break
            batch = self._next(f"{where}, step {step + 1}")
        self.end()

    @property
    def sizes(self) -> list[int]:
        """The sizes of the batches, as far as they are known."""
        return []

    @property
    def numbers(self) -> dict[str, int]:
        """What processes that train together have to agree on."""
        return {"steps": self.steps or 0}

    def again(self) -> None:
        """Let the next epoch begin with the first batch, as those of validation do; a generator goes on."""
        self.going = None
        if not self.passes_once:
            self.first = None

    def begin(self) -> None:
        """Before the first batch of an epoch."""

    def end(self) -> None:
        """After the last batch of an epoch."""

    def _next(self, at: str) -> Batch | None:
        assert self.going is not None
        return next(self.going, None)

    def _ended(self, where: str, count: int) -> None:
        self.going = None
        if self.asked is None:
            self.length = count
        else:
            warnings.warn(f"{where}: the data ended after {count} of {self.asked} batches.", stacklevel=2)


def count_of(data: Samples, rows: Any) -> int:
    """Return how many samples of ``data`` are at ``rows``."""
    return len(range(len(data))[rows]) if isinstance(rows, slice) else len(rows)


class CutBatches(Batches):
    """Batches of arrays: ``batch_size`` rows each, the last one what remains.

    ``order`` is a seed to shuffle the rows, None for the order in which they are.
    """

    def __init__(
        self,
        data: Samples,
        batch_size: int,
        order: int | None = None,
        asked: int | None = None,
    ):
        super().__init__(asked)
        self.data, self.batch_size, self.order = data, batch_size, order
        self.length = -(-len(data) // batch_size)

    def a_pass(self, number: int) -> Iterator[Batch]:
        """Yield the rows of one batch after another."""
        rows = None
        if self.order is not None:
            rows = np.random.default_rng((self.order, number)).permutation(len(self.data))
        for start in range(0, len(self.data), self.batch_size):
            those = slice(start, start + self.batch_size)
            yield self.data, those if rows is None else rows[those]

    @property
    def sizes(self) -> list[int]:
        """The sizes of the batches: the whole ones', the partial one's."""
        n = len(self.data)
        return [size for size in (min(self.batch_size, n), n % self.batch_size) if size]

    @property
    def numbers(self) -> dict[str, int]:
        """How many samples there are, and how many a batch has."""
        return {"samples": len(self.data), "batch_size": self.batch_size} | super().numbers


class ReadBatches(Batches):
    """Batches as an object gives them: each is checked when it comes.

    Args:
        source: a generator, an iterable, or an object with ``__len__`` and ``__getitem__``.
        read: batch, where -> samples; raises `DataError`.
        order: likewise a seed, for the batches of an indexed source.
        asked: how many batches make an epoch.
    """

    streamed = True

    def __init__(
        self,
        source: Any,
        read: Callable[[Any, str], Samples],
        order: int | None = None,
        asked: int | None = None,
    ):
        super().__init__(asked)
        self.source, self.read, self.order = source, read, order
        self.length = length_of(source)
        self.passes_once = isinstance(source, Iterator) and not is_indexed(source)

    def a_pass(self, number: int) -> Iterator[Any]:
        """Return one pass over the source itself: to drop a wrapper would close a generator."""
        return self._indexed(number) if is_indexed(self.source) else iter(self.source)

    def begin(self) -> None:
        """Tell the source that an epoch begins."""
        getattr(self.source, "on_epoch_begin", int)()

    def end(self) -> None:
        """Tell the source that an epoch has ended."""
        getattr(self.source, "on_epoch_end", int)()

    def _next(self, at: str) -> Batch | None:
        """Read and check a batch; what goes wrong says at which step."""
        assert self.going is not None
        try:
            batch = next(self.going)
        except StopIteration:
            return None
        except KeyboardInterrupt as stop:
            raise KeyboardInterrupt(f"{at}: broken off while the batch was read") from stop
        except Exception as error:
            told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise DataError(f"{at}: the batch could not be read: {told}") from error
        return self.read(batch, at), slice(None)

    def _indexed(self, number: int) -> Iterator[Any]:
        """Yield the batches by their index."""
        n = self.length or 0
        for start in range(0, n, AT_ONCE):
            places = np.arange(start, min(start + AT_ONCE, n))
            for index in places if self.order is None else permuted(places, n, (self.order, number)):
                yield self.source[int(index)]
