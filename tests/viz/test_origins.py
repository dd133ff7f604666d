"""Origins: the parts of inputs that a value is found to come from are those whose numbers are in it."""

import numpy as np
from hypothesis import given, strategies as st

import tinygraph as tg
from tinygraph.viz.levels.origins import Origins, arranges


@st.composite
def arranged(draw, steps=(None, 1, -1)):
    """A node made of inputs by joining, slicing (with these steps), turning and reshaping."""
    shape = tuple(draw(st.lists(st.integers(1, 3), min_size=2, max_size=3)))
    inputs = [tg.input(f"x{k}", shape) for k in range(draw(st.integers(1, 4)))]
    node = tg.concat(inputs, axis=draw(st.integers(0, len(shape) - 1))) if len(inputs) > 1 else inputs[0]
    for _ in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(["slice", "transpose", "expand", "stack", "place", "squeeze"]))
        if kind == "slice":
            node = node[tuple(draw(index_of(size, steps)) for size in node.shape)]
        elif kind == "transpose":
            node = tg.transpose(node, axes=draw(st.permutations(range(node.ndim))))
        elif kind == "expand":
            node = tg.expand_dims(node, draw(st.integers(0, node.ndim)))
        elif kind == "squeeze":
            node = tg.reshape(node, [size for size in node.shape if size != 1])
        elif kind == "stack":
            node = tg.stack([node, node], axis=0)
        else:
            node = placed(node, draw)
    return inputs, node


def index_of(size, steps):
    bound = st.one_of(st.none(), st.integers(-size, size))
    spans = st.builds(slice, bound, bound, st.sampled_from(steps))
    return st.one_of(st.integers(0, size - 1), spans) if size else st.just(slice(None))


def placed(node, draw):
    """The node placed into zeros once or more, as the gradients of slices are, and cut out again."""
    count = draw(st.integers(1, 3))
    if draw(st.booleans()):
        shape, places = (count, *node.shape), list(range(count))
    else:
        size = node.shape[0] if node.ndim else 1
        node = tg.reshape(node, (size, *node.shape[1:]))
        shape = (count * size, *node.shape[1:])
        back = draw(st.booleans())  # the gradient of a slice of step -1
        spans = [range(k * size, (k + 1) * size)[:: -1 if back else 1] for k in range(count)]
        places = [slice(span.start, span.stop if span.stop >= 0 else None, span.step) for span in spans]
    parts = [tg.place(node, shape=shape, index=(place,)) for place in places]
    return tg.add_n(*parts)[draw(st.integers(0, shape[0] - 1)) if shape[0] else slice(None)]


def found_and_present(inputs, node):
    """The parts that are found, the numbers in them, and the numbers in the value; all are different."""
    parts = Origins(arranges).of(node)
    size = inputs[0].size
    feeds = {
        leaf.name: 1 + size * k + np.arange(size, dtype="float32").reshape(leaf.shape)
        for k, leaf in enumerate(inputs)
    }
    used = {leaf.name for leaf in tg.toposort([node]) if not leaf.inputs}
    values = tg.compile(node)(**{name: feeds[name] for name in used})
    regions = [feeds[leaf.name][tuple(slice(*ends) for ends in region)].ravel() for leaf, region in parts]
    return parts, [set(region.tolist()) for region in regions], set(values.ravel().tolist()) - {0.0}


@given(arranged())
def test_the_parts_that_are_found_are_those_whose_numbers_are_there(case):
    _, regions, present = found_and_present(*case)
    assert present <= set().union(*regions)
    assert all(region & present for region in regions) or not case[1].size


@given(arranged(steps=(2, -2, 3)))
def test_of_every_second_index_all_between_are_found(case):
    _, regions, present = found_and_present(*case)
    assert present <= set().union(*regions)


def test_one_step_of_a_stack_comes_from_that_step_alone():
    steps = [tg.input(f"h{t}", (2, 3)) for t in range(5)]
    sequence = tg.transpose(tg.stack(steps), axes=(1, 0, 2))
    for t, step in enumerate(steps):
        assert Origins(arranges).of(sequence[:, t]) == [(step, ((0, 2), (0, 3)))]
    assert [node for node, _ in Origins(arranges).of(sequence[:, 1:4:2])] == [steps[1], steps[2], steps[3]]
    assert [node for node, _ in Origins(arranges).of(sequence[:, ::-1][:, 0])] == [steps[4]]


def test_a_step_of_an_input_is_its_index_on_the_axis_of_time():
    x = tg.input("x", (2, 5, 3))
    assert Origins(arranges).of(tg.transpose(x, axes=(1, 0, 2))[3]) == [(x, ((0, 2), (3, 4), (0, 3)))]


def test_a_gradient_placed_into_zeros_is_found_at_its_place_only():
    g = [tg.input(f"g{t}", (2,)) for t in range(4)]
    total = tg.add_n(*(tg.place(node, shape=(4, 2), index=(t,)) for t, node in enumerate(g)))
    assert [Origins(arranges).of(total[t]) for t in range(4)] == [[(node, ((0, 2),))] for node in g]


def test_what_computes_is_an_origin():
    x = tg.input("x", (2, 3))
    y = tg.tanh(x)
    assert Origins(arranges).of(y[0]) == [(y, ((0, 1), (0, 3)))]
    total = tg.add_n(x, x, y)
    assert Origins(arranges).of(total[1]) == [(total, ((1, 2), (0, 3)))]


def test_a_gradient_placed_backwards_is_found_at_the_mirrored_index():
    g = tg.input("g", (3, 2))
    back = tg.place(g, shape=(3, 2), index=(slice(None, None, -1),))
    assert [Origins(arranges).of(back[t]) for t in range(3)] == [
        [(g, ((2 - t, 3 - t), (0, 2)))] for t in range(3)
    ]


def test_the_gradient_of_a_sequence_is_followed_without_a_look_at_all_its_steps():
    """Counted, not timed: each of T steps looks at few of the T parts that a gradient is added up from."""
    steps = 64
    x = tg.input("x", (steps, 2))
    parts = [tg.place(x[t], shape=(steps, 2), index=(t,)) for t in range(steps)]
    total = tg.add_n(*parts)
    looked = []
    origins = Origins(lambda node: looked.append(node) or arranges(node))
    for t in range(steps):
        looked.clear()
        assert origins.of(total[t]) == [(x, ((t, t + 1), (0, 2)))]
        assert len(looked) < 8
