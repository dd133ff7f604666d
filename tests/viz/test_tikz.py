"""TikZ: every shape of the SVG is there, whatever the names are; TeX, if there is one, makes a page of it."""

import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from hypothesis import given
from viz import models, nasty
from viz.reading import SVG, words_of
from viz.test_svg import named_everywhere

import tinygraph as tg
from tinygraph.viz.draw import draw
from tinygraph.viz.shapes import text
from tinygraph.viz.tex import _SIGNS, tex
from tinygraph.viz.tikz import LONGEST, PIXEL, tikz

#: What a character may be written as, longest first, so that one way of reading is left.
WRITTEN = {written: character for character, written in _SIGNS.items()}
TOKEN = re.compile(
    "|".join(map(re.escape, sorted(WRITTEN, key=len, reverse=True))) + r"|\\sign{(.)}{(\w+)}|(.)"
)


def read(written):
    """Return the text that TeX shows of ``written``; nothing in it may mean anything else to TeX."""
    found = []
    for token in TOKEN.finditer(written):
        sign, number, plain = token.groups()
        assert plain is None or plain not in "\\{}$&#%_^~"
        assert sign is None or ord(sign) == int(number, 16)
        found.append(sign or plain or WRITTEN[token[0]])
    return "".join(found)


def texts_of(source):
    return [
        read(written) for written in re.findall(r"^\\node\[.*?\] at \(\S+\) {(.*)};$", source, re.MULTILINE)
    ]


@pytest.fixture(params=models.DRAWN, ids=[case[0] for case in models.DRAWN])
def drawing(request):
    _, thing, how = request.param
    return draw(thing(), **how)


def test_every_shape_and_text_of_the_svg_is_there(drawing):
    source = drawing.tikz()
    shapes = [
        e
        for e in ElementTree.fromstring(drawing.svg()).iter()
        if e.tag[len(SVG) :] in ("rect", "path", "polygon")
    ]
    assert source.count(r"\path[") == len(shapes)
    assert sorted(texts_of(source)) == sorted(word.text for word in words_of(drawing.svg()))
    assert source.count(r"\begin{scope}") == source.count(r"\end{scope}")
    colours = set(re.findall(r"(?:fill|draw|text)=(c\w+)", source))
    assert colours == set(re.findall(r"\\definecolor{(\w+)}", source))


def test_no_sign_of_ours_is_left_to_the_font(drawing):
    assert r"\sign{" not in drawing.tikz().partition(r"\begin{document}")[2]


SQUARE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><rect x="4" y="8" width="40" height="20"'
    ' rx="30" fill="#0000ff" stroke="#00ff00" stroke-width="2" stroke-dasharray="4 8"/></svg>'
)


def test_lengths_and_looks_are_those_of_the_svg():
    (drawn,) = re.findall(r"\\path\[(.*)\] (.*);", tikz(SQUARE))
    look = "fill=c0000ff, draw=c00ff00, line width=1.5pt, dash pattern=on 3pt off 6pt, rounded corners=7.5pt"
    assert drawn == (look, "(3,6) rectangle (33,21)")


@pytest.mark.parametrize(
    ("anchor", "written"), [("start", "base west"), ("middle", "base"), ("end", "base east")]
)
def test_texts_stand_where_they_stand_in_the_svg(anchor, written):
    words = text("a_b", 4.0, 8.0, 12, text_anchor=anchor, fill="#0000ff", font_weight="bold")
    svg = f'<svg xmlns="{SVG[1:-1]}" width="9" height="9"><g transform="translate(16 32)">{words}</g></svg>'
    *_, scope, node, _, _, _ = tikz(svg).splitlines()
    assert scope == r"\begin{scope}[shift={(12,24)}]"
    font = r"\fontsize{9}{9}\sffamily\bfseries"
    assert node == rf"\node[anchor={written}, text=c0000ff, font={font}] at (3,6) {{a\_b}};"


def test_what_tex_has_no_length_for_is_made_smaller():
    source = draw(models.stacked(200), level="unrolled", steps=200).tikz()
    numbers = [
        float(number) for number in re.findall(r"[(, ](-?\d+(?:\.\d+)?)", source.partition(r"\begin{doc")[2])
    ]
    assert 0.99 * LONGEST < max(numbers) < 1.01 * LONGEST
    assert rf"\fontsize{{{14 * PIXEL:g}}}" not in source


def test_an_element_that_is_not_known_is_an_error():
    with pytest.raises(KeyError, match="circle"):
        tikz(SQUARE.replace("rect", "circle"))


@pytest.mark.parametrize("name", nasty.NAMES, ids=ascii)
def test_nasty_names_come_out_as_text(name):
    svg = draw(named_everywhere(name, f"{name}!"), level="unrolled").svg()
    assert sorted(texts_of(tikz(svg))) == sorted(word.text for word in words_of(svg))


@given(nasty.names)
def test_any_text_can_be_read_back(name):
    assert read(tex(name.replace("\n", " "))) == name.replace("\n", " ")


def test_all_nasty_names_are_typeset(tmp_path):
    """With pdfLaTeX, which stops at the first mistake. One drawing has all names."""
    if shutil.which("pdflatex") is None:
        pytest.skip("there is no pdflatex here")
    inputs = [tg.tanh(tg.input(name, (2,))) for name in nasty.NAMES]
    path = draw({"sum": tg.add_n(inputs), **named_everywhere("a_b", "c&d")}).save(tmp_path / "names.tex")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", path.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "names.pdf").read_bytes().startswith(b"%PDF")
