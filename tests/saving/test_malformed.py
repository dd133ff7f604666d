"""Malformed files made by hand: each is refused with a message that says what is wrong."""

import pytest
from saving.malformed import CASES, small_model

import tinygraph as tg


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a whole file."""
    path = tmp_path_factory.mktemp("whole") / "m.tiny"
    small_model().save(path)
    tg.load(path)
    return path.read_bytes()


def test_there_are_enough():
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused(name, whole, tmp_path):
    make, told = CASES[name]
    path = tmp_path / "malformed.tiny"
    path.write_bytes(make(whole))
    with pytest.raises(tg.ModelFormatError) as refusal:
        tg.load(path)
    message = str(refusal.value)
    assert told in message
    assert message.startswith(str(path))
    assert len(message) < 2000


@pytest.mark.parametrize("name", CASES)
def test_as_weights_it_is_refused_or_taken_whole(name, whole, tmp_path):
    make, _ = CASES[name]
    path = tmp_path / "malformed.tiny"
    path.write_bytes(make(whole))
    model = small_model()
    before = model.get_weights()
    told = ""
    try:
        model.load_weights(path)
    except tg.ModelFormatError as refusal:
        told = str(refusal)
    if told:
        assert told.startswith(str(path))
        assert all((old == new).all() for old, new in zip(before, model.get_weights(), strict=True))
