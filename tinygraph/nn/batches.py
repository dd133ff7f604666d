"""Batches, epoch after epoch: cut from arrays, or as a generator, an iterable or a dataset gives them."""

from __future__ import annotations

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

    def __init__(self, asked: int | None, order: int | None = None):
        self.asked, self.order = asked, order
        self.going: Iterator[Any] | None = None
        self.first: Batch | None = None
        #: the number of the pass that is going on, and how many of its batches earlier epochs took
        self.number = self.before = 0

    def a_pass(self, number: int, start: int = 0) -> Iterator[Any]:
        """Return one pass over the batches from place ``start`` on; its order, if shuffled, follows from
        ``number``."""
        raise NotImplementedError

    @property
    def steps(self) -> int | None:
        """How many batches an epoch has, None where nobody knows."""
        return self.asked or self.length

    def ready(self, where: str, number: int | None = None) -> bool:
        """Begin an epoch, ``number`` where they are counted, with its first batch, read and checked; return
        False where none is left."""
        if self.first is None:
            self.begin(number)
            self.first = None if self.going is None else self._next(f"{where}, step 1")
        if self.first is None:
            self.number, self.before = number or 0, 0
            self.going = self.a_pass(self.number)
            self.first = self._next(f"{where}, step 1")
        return self.first is not None

    def go_to(self, number: int, before: int, done: int, where: str) -> None:
        """Go on in pass ``number``, of which earlier epochs took so many batches and this one ``done``."""
        self.number, self.before = number, before
        self.first, self.going = None, self.a_pass(number, before + done)

    def epoch(self, where: str, number: int | None = None, done: int = 0) -> Iterator[Batch]:
        """Yield the batches of epoch ``number`` that are not ``done``; ``where`` stands in messages."""
        if not done and not self.ready(where, number):
            raise DataError(f"{where}: expected at least one batch, got none.")
        step = done
        while step != self.asked:
            batch, self.first = self.first or self._next(f"{where}, step {step + 1}"), None
            if batch is None:
                self._ended(where, step)
                break
            step += 1
            yield batch
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

    def begin(self, number: int | None) -> None:
        """Before the first batch of epoch ``number``."""

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
        super().__init__(asked, order)
        self.data, self.batch_size = data, batch_size
        self.length = -(-len(data) // batch_size)

    def a_pass(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yield the rows of one batch after another."""
        rows = None
        if self.order is not None:
            rows = np.random.default_rng((self.order, number)).permutation(len(self.data))
        for first in range(start * self.batch_size, len(self.data), self.batch_size):
            those = slice(first, first + self.batch_size)
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
        super().__init__(asked, order)
        self.source, self.read = source, read
        self.length = length_of(source)
        self.passes_once = isinstance(source, Iterator) and not is_indexed(source)

    def a_pass(self, number: int, start: int = 0) -> Iterator[Any]:
        """Return one pass over the source itself: to drop a wrapper would close a generator."""
        return self._indexed(number, start) if is_indexed(self.source) else iter(self.source)

    def go_to(self, number: int, before: int, done: int, where: str) -> None:
        """Likewise; batches without an index are read, from the first on, and dropped."""
        if self.passes_once:
            self.number, self.before = number, before
        else:
            super().go_to(number, before, done, where)
        for _ in range(0 if is_indexed(self.source) else before + done):
            if self.first is None:
                self._next(where)
            self.first = None

    def begin(self, number: int | None) -> None:
        """Tell the source that an epoch begins, and which, so that its order may follow from that."""
        if number is not None:
            getattr(self.source, "set_epoch", int)(number)
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

    def _indexed(self, number: int, start: int) -> Iterator[Any]:
        """Yield the batches by their index."""
        n = self.length or 0
        for first in range(start, n, AT_ONCE):
            places = np.arange(first, min(first + AT_ONCE, n))
            for index in places if self.order is None else permuted(places, n, (self.order, number)):
                yield self.source[int(index)]
