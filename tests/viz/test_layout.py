"""Layouts: boxes do not overlap, edges do not run through boxes, and the time taken is linear."""

import sys
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from viz import models

from tinygraph.viz.draw import draw
from tinygraph.viz.layout import layout
from tinygraph.viz.outline import Box, Edge, Group, Outline
from tinygraph.viz.placing.across import EDGE_LABEL
from tinygraph.viz.placing.lanes import WIDTH, spread
from tinygraph.viz.text import width


def placed(case):
    _, thing, how = case
    return layout(draw(thing(), **how).outline)


@pytest.fixture(params=models.DRAWN, ids=[case[0] for case in models.DRAWN])
def drawn(request):
    return placed(request.param)


def overlap(one, other, by=0.0):
    return (
        min(one.right, other.right) - max(one.x, other.x) > by
        and min(one.bottom, other.bottom) - max(one.y, other.y) > by
    )


def check_boxes(found):
    """No two boxes overlap: a sweep down the page, so that many boxes take no longer than they must."""
    open_ = []
    for rect in sorted((box.rect for box in found.boxes), key=lambda rect: rect.y):
        open_ = [other for other in open_ if other.bottom > rect.y]
        assert not any(overlap(rect, other) for other in open_)
        open_.append(rect)


def check_edges(found):
    """Every edge starts and ends at a side of its boxes, is made of straight lines, and crosses no box."""
    rects = {box.box.id: box.rect for box in found.boxes}
    for placed_edge in found.edges:
        points = placed_edge.points
        assert on_side(points[0], rects[placed_edge.edge.source])
        assert on_side(points[-1], rects[placed_edge.edge.target])
        for (x1, y1), (x2, y2) in pairwise(points):
            assert (x1 == x2) != (y1 == y2)
            left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
            for rect in rects.values():
                across = left < rect.right - 0.01 and right > rect.x + 0.01
                assert not (across and top < rect.bottom - 0.01 and bottom > rect.y + 0.01)


def on_side(point, rect):
    x, y = point
    near = [abs(x - rect.x), abs(x - rect.right), abs(y - rect.y), abs(y - rect.bottom)]
    return (
        min(near) < 0.01
        and rect.x - 0.01 <= x <= rect.right + 0.01
        and rect.y - 0.01 <= y <= rect.bottom + 0.01
    )


def test_no_boxes_overlap(drawn):
    check_boxes(drawn)


def test_no_edge_runs_through_a_box(drawn):
    check_edges(drawn)


def test_all_is_on_the_page(drawn):
    points = [point for edge in drawn.edges for point in edge.points]
    rects = [*(box.rect for box in drawn.boxes), *(panel.rect for panel in drawn.panels)]
    points += [(rect.x, rect.y) for rect in rects] + [(rect.right, rect.bottom) for rect in rects]
    # A panel reaches a little beyond its boxes, into the margin.
    assert all(-16 <= x <= drawn.width + 0.01 and -16 <= y <= drawn.height + 16 for x, y in points)


def test_no_panel_covers_what_is_not_its_own(drawn):
    for panel in drawn.panels:
        for box in drawn.boxes:
            if overlap(panel.rect, box.rect):
                assert box.box.group == panel.group.id
    for index, panel in enumerate(drawn.panels):
        assert not any(overlap(panel.rect, other.rect) for other in drawn.panels[:index])


def segments_of(found):
    """The straight pieces of all edges: where their value comes from, which bus they are of, if any, on which
    axis they lie, where and how far."""
    for placed_edge in found.edges:
        edge = placed_edge.edge
        net = edge.source, edge.target if placed_edge.bus else None
        for one, other in pairwise(placed_edge.points):
            axis = int(one[0] != other[0])  # 0 for a line down the page, at one x
            yield net, axis, one[axis], *sorted((one[1 - axis], other[1 - axis]))


def test_lines_of_different_values_do_not_run_in_one(drawn):
    """Except in a bus, and where one begins at the box that the other goes on to, as values read twice do."""
    seen = defaultdict(list)
    for net, axis, at, first, last in segments_of(drawn):
        for other, begin, end in seen[axis, round(at, 1)]:
            one_line = net[0] == other[0] or (net[1] and net[1] == other[1])
            assert one_line or min(end, last) - max(begin, first) < 0.5, (net, other)
        seen[axis, round(at, 1)].append((net, first, last))


def test_no_line_runs_through_a_label(drawn):
    lines = list(segments_of(drawn))
    for placed_edge in drawn.edges:
        if placed_edge.label:
            x, y = placed_edge.label
            half = width(placed_edge.edge.label, EDGE_LABEL) / 2
            for _, axis, at, first, last in lines:
                across = axis == 0 and x - half < at < x + half
                assert not (across and first < y - 5 and last > y - 5 - EDGE_LABEL)


def test_a_bar_and_a_box_of_one_rank_stand_in_rows_of_their_own():
    cells = [Box(f"b{k}", "LSTM", "cell", group="g0", column=k) for k in range(2)]
    boxes = (*cells, Box("bar", "add", "layer"), Box("box", "dense", "layer"))
    edges = (Edge("b0", "bar"), Edge("b1", "bar"), Edge("b0", "box"))
    found = layout(Outline("unrolled", "", boxes, edges, (Group("g0", "lstm"),), ("t = 0", "t = 1")))
    rects = {box.box.id: box.rect for box in found.boxes}
    assert not overlap(rects["bar"], rects["box"])
    assert rects["bar"].width > rects["b1"].right - rects["b0"].x - 1


def test_columns_are_time():
    found = placed(("", models.stacked, {"level": "unrolled", "steps": 30}))
    assert list(found.columns) == sorted(found.columns)
    for box in found.boxes:
        if box.box.kind in ("cell", "input"):
            middle = box.rect.x + box.rect.width / 2
            assert middle == pytest.approx(found.columns[box.box.column])


def test_forward_goes_down_and_backward_goes_up():
    found = layout(draw(models.gradient()).outline)
    y = {box.box.id: box.rect.y for box in found.boxes}
    pass_ = {box.box.id: box.box.pass_ for box in found.boxes}
    for placed_edge in found.edges:
        ends = placed_edge.edge.source, placed_edge.edge.target
        if {pass_[end] for end in ends} == {"forward"}:
            assert y[ends[0]] < y[ends[1]]
        if {pass_[end] for end in ends} == {"backward"}:
            assert y[ends[0]] > y[ends[1]]


def test_a_layer_stands_below_the_one_whose_states_it_begins_with():
    found = layout(draw(models.encoder_decoder(), level="unrolled").outline)
    top = {panel.group.label: panel.rect.y for panel in found.panels}
    assert top["series"] < top["encoder"] < top["decoder"]


def test_a_loss_that_is_fused_with_its_gradient_stands_where_the_backward_pass_begins():
    found = layout(draw(models.compiled(), level="unrolled", stage="planned").outline)
    y = {(box.box.label, box.box.pass_): box.rect.y for box in found.boxes}
    assert y["dense", "forward"] < y["loss/mean_squared_error", "forward"]


@st.composite
def outlines(draw_):
    """Any graph of boxes, with and without columns of time, passes and edges that go back."""
    count = draw_(st.integers(1, 14))
    timed = draw_(st.booleans())
    boxes = [Box(f"b{k}", "LSTM", "cell", group="g0", column=k) for k in range(3 * timed)]
    for number in range(len(boxes), len(boxes) + count):
        column = draw_(st.sampled_from([None, -1, 0, 1, 2, 3])) if timed else None
        pass_ = draw_(st.sampled_from(["forward", "forward", "backward", "update"]))
        group = draw_(st.sampled_from(["g0", "g1"])) if column is not None else ""
        label = "x" * draw_(st.integers(1, 30))
        kind = draw_(st.sampled_from(["op", "param", "input", "layer", "cell", "constant"]))
        boxes.append(Box(f"b{number}", label, kind, pass_, group, column, "(2, 3)"))
    ends = st.integers(0, len(boxes) - 1)
    pairs = draw_(st.lists(st.tuples(ends, ends), max_size=30))
    edges = tuple(
        Edge(f"b{a}", f"b{b}", draw_(st.sampled_from(["", "h₀"])), boxes[a].pass_) for a, b in pairs if a != b
    )
    columns = ("t = 0", "t = 1", "t = 2") if timed else ()
    groups = (Group("g0", "one layer"), Group("g1", "another")) if timed else ()
    return Outline("ops", "any", tuple(boxes), edges, groups, columns)


@given(outlines())
def test_any_outline_is_laid_out_without_overlaps(outline):
    found = layout(outline)
    check_boxes(found)
    check_edges(found)


@given(st.lists(st.floats(-50, 50), max_size=30), st.one_of(st.just(float("-inf")), st.integers(-10, 10)))
def test_spread_keeps_order_and_distance(wanted, least):
    wanted = sorted(wanted)
    found = spread(wanted, least)
    assert all(after - before >= WIDTH for before, after in pairwise(found))
    assert all(slot >= least for slot in found)


def test_spread_moves_nothing_that_has_room():
    assert spread([0, 4, 9]) == [0, 4, 9]


def test_a_deep_chain_is_drawn_whole_without_recursion():
    outline = draw(models.chain(20_000), limit=30_000).outline
    found = layout(outline)
    assert len(found.boxes) == 20_001
    ys = [box.rect.y for box in found.boxes]
    assert ys == sorted(ys)


@pytest.mark.parametrize("level", ["unrolled", "ops"])
def test_the_work_of_layout_grows_with_the_number_of_boxes_not_with_its_square(level):
    """Counted, not timed: twice as many more steps take twice as many more of Python's instructions."""

    def instructions(steps):
        graph = models.training(models.one_lstm(steps))
        outline = draw(graph, level=level, steps=steps).outline
        count = 0

        def trace(frame, event, argument):
            nonlocal count
            frame.f_trace_opcodes = True
            count += event == "opcode"
            return trace

        before = sys.gettrace()  # that of coverage, if any
        sys.settrace(trace)
        try:
            layout(outline)
        finally:
            sys.settrace(before)
        return count

    few, more, most = map(instructions, (10, 20, 40))
    assert most - more < 2.08 * (more - few)
