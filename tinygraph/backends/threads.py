"""How many threads the BLAS of NumPy uses: one where products are small, else as many as the user set.

On idle cores two threads take 0.75 of the time of one for a product of 2^19 multiplications, 0.55 for one of
2^25. Where a core is busy they wait for one another: a product that takes 0.2 ms was seen to take 15. The
number is the process': what other threads of it multiply at the same time is computed in one thread, too.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

#: multiplications; a product of fewer has one thread in OpenBLAS anyway
ALONE = 2**18
#: multiplications; a product of as many takes 0.7 ms of one core, so that sharing it is worth a wait
LARGE = 2**25
#: multiplications; a product of as many takes the threads of a BLAS less time than one of machine code
SHARED = 2**27


class OneThread:
    """A block in which BLAS libraries use one thread. The last of several at once to end gives back what
    the first one found. Without threadpoolctl it does nothing."""

    def __init__(self) -> None:
        self.inside = 0
        self.lock = threading.Lock()

    @cached_property
    def libraries(self) -> list[Any]:
        """The BLAS of NumPy, and others that are loaded: threadpoolctl's controllers."""
        try:
            from threadpoolctl import ThreadpoolController
        except ImportError:
            return []
        return list(ThreadpoolController().select(user_api="blas").lib_controllers)

    @property
    def changes(self) -> bool:
        """Whether there is a library that would use more."""
        with self.lock:
            return self.inside > 0 or any(library.get_num_threads() > 1 for library in self.libraries)

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.before = [library.get_num_threads() for library in self.libraries]
                for library in self.libraries:
                    library.set_num_threads(1)
            self.inside += 1

    def __exit__(self, *raised: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                for library, count in zip(self.libraries, self.before, strict=True):
                    library.set_num_threads(count)


#: the one block of the process, as the number is the process'
one_thread = OneThread()


def threads(largest: int) -> AbstractContextManager[None]:
    """Return the block that a program runs in whose largest product takes so many multiplications."""
    return one_thread if ALONE <= largest < LARGE and one_thread.changes else nullcontext()


def shared(multiplications: int) -> bool:
    """Whether a product is large enough for the threads of the BLAS, and there are several."""
    return multiplications >= SHARED and one_thread.changes
