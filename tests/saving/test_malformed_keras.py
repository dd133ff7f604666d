"""Malformed files of Keras made by hand: each is refused, at a bounded cost."""

import tracemalloc

import pytest

pytest.importorskip("h5py")
pytest.importorskip("tinygraph.exchange.keras.files", exc_type=ImportError)

from saving.malformed import small_model
from saving.malformed_keras import CASES

import tinygraph as tg

#: in bytes, beside twice the size of the file
MOST_MEMORY = 64 * 2**20


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def whole(model, tmp_path_factory):
    """The bytes of a whole file."""
    path = tmp_path_factory.mktemp("whole") / "m.keras"
    model.save(path)
    tg.load(path)
    return path.read_bytes()


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused(name, model, whole, tmp_path):
    ending, make, told = CASES[name]
    path = tmp_path / f"malformed{ending}"
    path.write_bytes(make(whole))
    before = model.get_weights()
    tracemalloc.start()
    try:
        with pytest.raises(tg.ModelFormatError) as refusal:
            tg.load(path) if ending == ".keras" else model.load_weights(path)
        assert tracemalloc.get_traced_memory()[1] <= MOST_MEMORY + 2 * path.stat().st_size
    finally:
        tracemalloc.stop()
    assert str(refusal.value).startswith(str(path))
    assert told in str(refusal.value)
    assert len(str(refusal.value)) < 2000
    assert all((old == new).all() for old, new in zip(before, model.get_weights(), strict=True))
