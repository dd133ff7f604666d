"""What layers over space share: a number for each axis, the padding, and where the channels stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygraph.graph import Node
from tinygraph.nn.checks import whole_number
from tinygraph.ops import transpose

#: how messages name the axes of space, by their number
AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def per_axis(owner: str, name: str, value: Any, rank: int, least: int = 1) -> tuple[int, ...]:
    """Return ``value``, one whole number for all axes or one for each of ``rank``, as a tuple."""
    if not isinstance(value, (list, tuple)):
        return (whole_number(owner, name, value, least),) * rank
    if len(value) != rank:
        raise ValueError(f"{owner}: {name} must be a whole number or {rank} of them, got {value!r}.")
    return tuple(whole_number(owner, name, each, least) for each in value)


def padding_mode(owner: str, value: Any, known: Sequence[str] = ("valid", "same")) -> str:
    """Return ``value``, in small letters, which must be ``known``."""
    mode = value.lower() if isinstance(value, str) else value
    if mode not in known:
        raise ValueError(f"{owner}: padding must be {' or '.join(map(repr, known))}, got {value!r}.")
    return str(mode)


def data_format_of(owner: str, value: Any) -> str:
    """Return ``value``, ``"channels_last"`` or ``"channels_first"``; None means the former."""
    if value not in (None, "channels_last", "channels_first"):
        raise ValueError(f"{owner}: data_format must be 'channels_last' or 'channels_first', got {value!r}.")
    return value or "channels_last"


def spatial_axes(rank: int, data_format: str) -> tuple[str, ...]:
    """Return the names of a sample's axes."""
    return (*AXES[rank], "channels") if data_format == "channels_last" else ("channels", *AXES[rank])


def to_channels_last(x: Node, data_format: str) -> Node:
    """x of this format, (batch, ...), with the channels as last axis."""
    return x if data_format == "channels_last" else transpose(x, axes=(0, *range(2, x.ndim), 1))


def from_channels_last(x: Node, data_format: str) -> Node:
    """x with the channels as last axis, in this format."""
    return x if data_format == "channels_last" else transpose(x, axes=(0, x.ndim - 1, *range(1, x.ndim - 1)))
