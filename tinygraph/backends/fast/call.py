"""Calls of machine functions, each with one block of 64-bit words, and many of them as one: a tape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from tinygraph import backends
from tinygraph.backends.fast.kernel import NAME
from tinygraph.backends.fast.library import function
from tinygraph.backends.fast.machine import Function

Array = np.ndarray[Any, Any]
Run = backends.Call


class Call:
    """A machine function on a block of words; it keeps the arrays whose addresses these are."""

    __slots__ = ("at", "block", "function", "keeps")

    def __init__(self, function: Function, words: Iterable[int], keeps: Sequence[Any]):
        self.function = function
        self.block = np.array(list(words), dtype=np.int64)
        self.at = self.block.ctypes.data
        self.keeps = keeps

    def __call__(self) -> None:
        """Run it."""
        self.function.call(self.at)


def nothing() -> None:
    """Of arrays without elements there is nothing to compute."""


def tapes(runs: Iterable[Run]) -> list[Run]:
    """Return the runs with each stretch of machine calls as one: Python takes longer to make a call than
    many of them take."""
    shorter: list[Run] = []
    for machine, stretch in groupby(runs, lambda run: isinstance(run, Call)):
        calls: list[Any] = list(stretch)
        shorter += [_tape(calls)] if machine and len(calls) > 1 else calls
    return shorter


def in_turn(runs: Iterable[Run]) -> Run:
    """Return what makes these runs one after another."""
    shorter = tapes(runs)
    return shorter[0] if len(shorter) == 1 else partial(_each, shorter)


def _each(runs: Sequence[Run]) -> None:
    for run in runs:
        run()


def _tape(calls: Sequence[Call]) -> Call:
    words = [len(calls)]
    for call in calls:
        words += [call.function.address, call.at]
    return Call(function(source()), words, calls)


def source() -> str:
    """The text of the function that makes the calls; its block has their number, and for each the addresses
    of the function and of its block."""
    return f"""
define void @{NAME}(ptr %tape) nounwind {{
entry:
  %count = load i64, ptr %tape
  %last = getelementptr {{ptr, ptr}}, ptr %tape, i64 %count
  br label %next
next:
  %before = phi ptr [%tape, %entry], [%at, %next]
  %function.at = getelementptr i64, ptr %before, i64 1
  %function = load ptr, ptr %function.at
  %at = getelementptr i64, ptr %before, i64 2
  %block = load ptr, ptr %at
  call void %function(ptr %block)
  %more = icmp ult ptr %at, %last
  br i1 %more, label %next, label %end
end:
  ret void
}}
"""
