"""Utterances: short sequences of different lengths, each with a class, padded to one length."""

from __future__ import annotations

from importlib.resources import files
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Sequences of shape (n, steps, features), and the class of each, of shape (n,).
Labelled: TypeAlias = tuple[NDArray[np.float32], NDArray[np.int64]]


def japanese_vowels() -> tuple[Labelled, Labelled]:
    """Return utterances of two Japanese vowels by nine speakers: to train on, and to test on.

    Who spoke? A good first set for a classifier of sequences of different lengths.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``. x is float32 of shape (270, 29, 12) and (370, 29, 12):
        utterances of 7 to 29 frames, each frame of 12 LPC cepstrum coefficients. Zeros follow the last
        frame, and no frame is all zeros: `tinygraph.nn.Masking` finds the padding. y is int64, the
        speaker, 0 to 8: 30 utterances each to train on, 24 to 88 to test on.

    Source: Kudo, Toyama and Shimbo 1999; UCI Machine Learning Repository, licence CC BY 4.0.

    >>> (x_train, y_train), (x_test, y_test) = japanese_vowels()
    >>> x_train.shape, y_train.shape, x_test.shape, y_test.shape
    ((270, 29, 12), (270,), (370, 29, 12), (370,))
    >>> x_train.any(axis=-1).sum(axis=-1)[:5].tolist()
    [20, 26, 22, 20, 21]
    """
    file = files("tinygraph.datasets") / "vendored" / "japanese_vowels.npz"
    with file.open("rb") as stream, np.load(stream) as arrays:
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
