"""PNG and PDF: as large as the SVG says, the same at any time, the texts on it."""

import io
import re
import struct
import sys

import pytest
from matplotlib.image import imread
from viz import models
from viz.reading import size_of, words_of

from tinygraph.viz.draw import draw
from tinygraph.viz.rendered import rendered


@pytest.fixture
def drawing():
    pytest.importorskip("typst", reason="PNG and PDF need the extra png")
    return draw(models.one_lstm(), level="unrolled")


def test_a_png_has_two_pixels_for_each_of_the_svg(drawing, tmp_path):
    path = drawing.save(tmp_path / "x.png")
    written = path.read_bytes()
    assert written[:8] == b"\x89PNG\r\n\x1a\n"
    size = struct.unpack(">II", written[16:24])
    assert size == pytest.approx([2 * side for side in size_of(drawing.svg())], abs=2)
    assert written == drawing.png()


def test_every_text_is_on_the_png(drawing):
    """Its place is not of one colour, as it would be without a font."""
    pixels = imread(io.BytesIO(drawing.png()))
    for word in words_of(drawing.svg()):
        place = pixels[
            round(2 * word.top) : round(2 * word.bottom), round(2 * word.left) : round(2 * word.right)
        ]
        assert place.reshape(-1, place.shape[-1]).std(axis=0).max() > 0.05, word


def test_a_pdf_is_one_page_and_has_no_date(drawing, tmp_path):
    written = drawing.save(tmp_path / "x.pdf").read_bytes()
    assert written.startswith(b"%PDF-")
    assert b"CreationDate" not in written
    assert written.count(b"/Type /Page\n") + written.count(b"/Type/Page/") == 1
    assert written == drawing.pdf()


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_without_the_extra_the_error_says_what_to_install(suffix, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ImportError, match=rf"{suffix.upper()} needs .*pip install 'tinygraph\[png\]'"):
        draw(models.gradient()).save(tmp_path / f"x.{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("wide", "high"), [(9000, 9000), (90_000, 300)])
def test_what_would_be_too_large_to_open_is_made_smaller(wide, high):
    pytest.importorskip("typst", reason="PNG and PDF need the extra png")
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}"></svg>'
    columns, rows = struct.unpack(">II", rendered(svg, "png")[16:24])
    assert columns * rows == pytest.approx(1e8, rel=0.01)
    (width,) = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+)", rendered(svg, "pdf"))
    assert float(width) == pytest.approx(min(0.75 * wide, 14_400), abs=1)
