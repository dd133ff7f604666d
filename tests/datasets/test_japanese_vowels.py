"""The utterances of nine speakers: their known facts, that padding can be told, and where they come from."""

from importlib.resources import files

import numpy as np
import pytest

from tinygraph.datasets import japanese_vowels
from tinygraph.nn import Masking

VENDORED = files("tinygraph.datasets") / "vendored"
PARTS = ["train", "test"]


def part(name: str) -> tuple[np.ndarray, np.ndarray]:
    return japanese_vowels()[PARTS.index(name)]


def lengths(x: np.ndarray) -> np.ndarray:
    return x.any(axis=-1).sum(axis=-1)


@pytest.mark.parametrize(
    ("name", "counts", "frames", "longest"),
    [
        ("train", [30] * 9, 4274, 26),
        ("test", [31, 35, 88, 44, 29, 24, 40, 50, 29], 5687, 29),
    ],
)
def test_shapes_and_counts(name: str, counts: list[int], frames: int, longest: int) -> None:
    x, y = part(name)
    assert (x.dtype, x.shape) == (np.float32, (sum(counts), 29, 12))
    assert (y.dtype, y.shape) == (np.int64, (sum(counts),))
    assert np.bincount(y).tolist() == counts
    assert lengths(x).sum() == frames
    assert (lengths(x).min(), lengths(x).max()) == (7, longest)
    assert np.isfinite(x).all()
    assert x.flags.c_contiguous


@pytest.mark.parametrize(
    ("name", "first", "last", "few"),
    [  # as in the text it was made from: the beginning, the end, and the first lengths
        ("train", [1.860936, 1.891651, 1.939205], [-0.089183, 0.16625, 0.173642], [20, 26, 22, 20, 21]),
        ("test", [1.635533, 1.547694, 1.602593], [-0.001849, -0.016634, 0.224688], [19, 17, 19, 18, 24]),
    ],
)
def test_values(name: str, first: list[float], last: list[float], few: list[int]) -> None:
    x, _ = part(name)
    assert lengths(x)[:5].tolist() == few
    assert x[0, :3, 0].tolist() == np.float32(first).tolist()
    assert x[-1, lengths(x)[-1] - 1, -3:].tolist() == np.float32(last).tolist()


@pytest.mark.parametrize("name", PARTS)
def test_zeros_stand_only_after_the_last_frame(name: str) -> None:
    x, _ = part(name)
    assert np.array_equal(x.any(axis=-1), np.arange(29) < lengths(x)[:, None])


@pytest.mark.parametrize("name", PARTS)
def test_every_value_has_six_decimals(name: str) -> None:
    x, _ = part(name)
    assert np.array_equal(np.round(x.astype(np.float64), 6).astype(np.float32), x)


def test_no_utterance_is_in_both_parts() -> None:
    seen, judged = ({each.tobytes() for each in part(name)[0]} for name in PARTS)
    assert len(seen) == 270
    assert len(judged) == 370
    assert not seen & judged


def test_masking_leaves_the_values_alone() -> None:
    x, _ = part("train")
    assert np.array_equal(Masking()(x), x)


def test_writing_to_one_copy_leaves_the_next_untouched() -> None:
    before = part("train")[0].copy()
    part("train")[0][...] = -999
    assert np.array_equal(part("train")[0], before)


def test_provenance_lies_beside_the_data() -> None:
    text = (VENDORED / "japanese_vowels.md").read_text(encoding="utf-8")
    for each in (
        "**Source**",
        "**Rights**: Creative Commons Attribution 4.0",
        "**Extraction**",
        "**Changes**",
    ):
        assert each in text
    with (VENDORED / "japanese_vowels.npz").open("rb") as stream, np.load(stream) as arrays:
        assert list(arrays) == ["x_train", "y_train", "x_test", "y_test"]
        assert all(f"`{name}`" in text for name in arrays)
