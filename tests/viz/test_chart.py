"""Line charts: scales, gaps, and text that stays text."""

import math
import re
import xml.etree.ElementTree as ET

import pytest

from tinygraph.viz.chart import STYLES, Line, chart, powers, ticks, whole_ticks

NAMES = ["a < b & c", "</svg><script>", 'quo"te', "line\u2028end", "x" * 200]


def paths(text):
    return re.findall(r'<path d="(M[^"]*)" fill="none"', text)


def test_points_stand_where_their_logarithms_are():
    (path,) = paths(chart("", "t", "y", [Line("a", [1.0, 1e-2, 1e-4])], log=True))
    (x0, y0), (x1, y1), (x2, y2) = [tuple(map(float, p.split())) for p in re.split(" ?[ML] ", path)[1:]]
    assert x1 - x0 == pytest.approx(x2 - x1)
    assert x1 > x0
    assert y1 - y0 == pytest.approx(y2 - y1)
    assert y1 > y0


def test_what_cannot_be_drawn_leaves_a_gap_and_is_counted():
    text = chart("", "t", "y", [Line("a", [1.0, math.nan, 2.0, 0.0, math.inf, 3.0])], log=True)
    (path,) = paths(text)
    assert [path.count(pen) for pen in "ML"] == [3, 0]
    assert "Left out, being 0, NaN or infinite: 3 values." in text
    assert "Left out" not in chart("", "t", "y", [Line("a", [1.0, 0.0])])


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "values", [[], [math.nan], [0.0], [5.0], [-1.0, 1.0], [1e-300, 1e300], [2.0] * 1000, [1e-320]]
)
def test_any_values_make_a_chart(values, log):
    root = ET.fromstring(chart("", "t", "y", [Line("a", values)], log=log))
    assert not re.search(r"nan|inf", " ".join(v for e in root.iter() for v in e.attrib.values()))


def test_names_come_out_as_text():
    text = chart(NAMES[0], NAMES[1], NAMES[2], [Line(name, [1.0, 2.0]) for name in NAMES])
    root = ET.fromstring(text)
    said = [element.text for element in root.iter() if element.text]
    assert {"a < b & c", "</svg><script>", 'quo"te', "line\\u2028end"} <= set(said)
    assert not any(element.tag.endswith("script") for element in root.iter())


def test_lines_are_told_apart_by_more_than_colour():
    assert len({style[1:] for style in STYLES}) == len({dashes for _, dashes, _ in STYLES}) == len(STYLES)


def test_marks_lie_around_the_values():
    for values in ([0.13, 0.87], [3.0], [-1e-9, 2e-9], [0.0, 1234567.0], [-5.0, -4.9]):
        marks = [at for at, _ in ticks(values)]
        assert marks[0] <= min(values) <= max(values) <= marks[-1]
        assert 2 <= len(marks) <= 8
    for logarithms in ([-3.5, -1.2], [-300.0, 5.0], [2.0]):
        marks = [at for at, _ in powers(logarithms)]
        assert marks[0] <= min(logarithms) <= max(logarithms) <= marks[-1]
        assert len(marks) <= 7
    assert list(whole_ticks(3, 3)) == [3]
