"""Names that layers and inputs get when none is given: ``lstm``, ``lstm_1``, ``lstm_2``."""

from __future__ import annotations

from collections import Counter

_used: Counter[str] = Counter()


def unique_name(base: str) -> str:
    """Return ``base``, with a number if it was given out before."""
    _used[base] += 1
    return base if _used[base] == 1 else f"{base}_{_used[base] - 1}"


def clear_session() -> None:
    """Start to count names afresh, so that the next LSTM is called ``lstm`` again.

    >>> from tinygraph import nn
    >>> nn.clear_session(); nn.Dense(1).name
    'dense'
    """
    _used.clear()
