"""`explore`: a model on a few samples as a page to look inside, forward and back through time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygraph.files import write_whole
from tinygraph.viz.explore.html import page
from tinygraph.viz.explore.payload import packed, payload

if TYPE_CHECKING:
    from tinygraph.nn.training import Trainable

SUFFIXES = (".html", ".htm")


def explore(model: Trainable, x: Any, y: Any, path: str | os.PathLike[str]) -> Path:
    """Write a page that shows a model on one batch: its graph, every value and every gradient.

    The page is one file that loads nothing: open it in a browser. It draws the network unrolled in time and
    each cell by operations, plays forward through time and back again (BPTT), and shows gates, gradients and
    where they vanish. One sample or a few are best: all of their values stand in the file.

    Args:
        model: a Model or Sequential. One that is not compiled gets a loss of its own: the page says which.
        x: the inputs, as `fit` takes them: (samples, ...).
        y: the true values, likewise.
        path: the ``.html`` file to write; one that is there is replaced.

    Returns:
        The path.

    Raises:
        ValueError: the name ends in something else.
        DataError: data that do not fit; the message says what was expected and what came.
        OSError: the file cannot be written; one that was there stays as it was.

    >>> import tempfile, numpy as np
    >>> from tinygraph.nn import LSTM, Dense, Sequential
    >>> model = Sequential([LSTM(4, input_shape=(5, 2)), Dense(1)])
    >>> model.compile("adam", "mse")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.explore(np.ones((1, 5, 2)), [[0.5]], f"{folder}/lstm.html").name
    'lstm.html'
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise ValueError(f"explore: {str(path)!r} must end in .html, for it is a page for a browser.")
    data = payload(model, x, y)
    write_whole(target, page(data["title"], packed(data)))
    return target
