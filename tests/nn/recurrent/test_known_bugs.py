"""Bugs that other libraries had, or have, in recurrent layers and around them: each as one short test.

A name says what is wrong there; the docstring says what holds here.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from nn.keras_cases import flat
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import nn

pytestmark = pytest.mark.usefixtures("float64")

CLASSES = [nn.LSTM, nn.GRU, nn.SimpleRNN]
every_class = pytest.mark.parametrize("cls", CLASSES)
CLOSE = {"rtol": 1e-10, "atol": 1e-12}
DROPOUT = {"dropout": 0.5, "recurrent_dropout": 0.5, "seed": 3}


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def slopes(layer, x, mask=None, pick=flat, training=False):
    """The outputs, and the gradients of the sum of their squares: by x, then by each weight."""
    node = tg.input("x", x.shape)
    given = {} if mask is None else {"mask": tg.constant(np.asarray(mask, bool))}
    outputs = flat(layer(node, training=training, **given))
    loss = tg.add_n([tg.sum(y * y) for y in pick(outputs)])
    found = tg.compile([*outputs, *tg.gradients(loss, [node, *layer.weights])])(x=x)
    return found[: len(outputs)], found[len(outputs) :]


def same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, **CLOSE)


def equal(found, expected):
    """Whether all arrays are the same, bit for bit."""
    return all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def alike(layer, shape, **changes):
    """A layer with the same weights and other arguments."""
    other = type(layer).from_config(layer.get_config() | changes)
    layer.ensure_built(shape)
    other.ensure_built(shape)
    other.set_weights(layer.get_weights())
    return other


def padded(x, side, steps, fill):
    """Sequences with so many more steps of ``fill``, and the mask of those that count."""
    more = np.full((len(x), steps, x.shape[2]), fill)
    mask = np.ones((len(x), x.shape[1] + steps), bool)
    mask[:, x.shape[1] :] = False
    pair, mask = ([x, more], mask) if side == "right" else ([more, x], mask[:, ::-1])
    return np.concatenate(pair, axis=1), mask


# Dropout.


@every_class
def test_recurrent_dropout_uses_one_mask_for_all_gates(cls):
    """Each gate has its own, of the inputs and of the state: rows of 0 in its part of a gradient."""
    layer, x = cls(40, **DROPOUT), tg.input("x", (1, 1, 40))
    y = layer(x, initial_state=[np.ones((1, 40))] * len(layer.cell.state_size), training=True)
    for slope in tg.compile(tg.gradients(tg.sum(y), layer.weights[:2]))(x=np.ones((1, 1, 40))):
        missing = ~slope.reshape(40, layer.cell.gates, 40).any(axis=2)
        assert 0.3 < missing.mean() < 0.7
        assert len({tuple(gate) for gate in missing.T}) == layer.cell.gates


@every_class
def test_dropout_masks_are_never_drawn_anew(cls):
    """Every call in training draws others, and inference none."""
    layer, x = cls(8, **DROPOUT), drawn(2, 3, 8)
    results = [layer(x, training=True) for _ in range(4)]
    assert len({y.tobytes() for y in results}) == 4
    assert equal([layer(x)], [layer(x)])


@every_class
def test_dropout_masks_are_drawn_anew_within_a_sequence(cls):
    """What a gate does not see of one step it sees of none: half of its part of the gradient is 0."""
    layer = cls(40, return_sequences=True, **DROPOUT)
    _, (_, kernel, recurrent, *_) = slopes(layer, drawn(1, 9, 40), training=True)
    for slope in (kernel, recurrent):
        missing = ~slope.reshape(40, layer.cell.gates, 40).any(axis=2)
        assert 0.3 < missing.mean() < 0.7


@every_class
def test_recurrent_dropout_does_nothing(cls):
    """It changes the result even where nothing is dropped from the inputs."""
    layer, x = cls(8, recurrent_dropout=0.5, seed=3), drawn(2, 3, 2)
    assert not np.allclose(layer(x, training=True), layer(x))


@pytest.mark.parametrize(
    "make",
    [lambda: nn.LSTM(6, **DROPOUT), lambda: nn.RNN([nn.GRUCell(6, **DROPOUT), nn.LSTMCell(6)])],
    ids=["layer", "cells"],
)
def test_both_directions_have_one_dropout_mask(make):
    """With equal weights and one time step only the masks differ; a copy of the layer draws the same."""
    layer, x = nn.Bidirectional(make(), merge_mode=None), np.ones((4, 1, 6))
    layer.ensure_built((1, 6))
    layer.backward.set_weights(layer.forward.get_weights())
    forward, backward = layer(x)
    assert equal([forward], [backward])
    forward, backward = layer(x, training=True)
    assert not np.allclose(forward, backward)
    assert equal(alike(layer, (1, 6))(x, training=True), [forward, backward])


def test_two_inputs_of_a_shared_layer_have_one_dropout_mask():
    """Each use of a layer in a model draws its own."""
    a, b, layer = nn.Input((3, 6), name="a"), nn.Input((3, 6), name="b"), nn.LSTM(6, **DROPOUT)
    model = nn.Model([a, b], [layer(a), layer(b)])
    graph = model.trace(4, training=True)
    one, other = tg.compile(graph.outputs)(a=np.ones((4, 3, 6)), b=np.ones((4, 3, 6))).values()
    assert not np.allclose(one, other)


def test_threads_disturb_each_others_dropout():
    """Calls from several threads give what the same number of calls gives one after another."""
    layer, x, count = nn.LSTM(32, **DROPOUT), drawn(32, 6, 8), 24
    again = alike(layer, (6, 8))
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda _: layer(x, training=True).tobytes(), range(count))
    assert sorted(found) == sorted(again(x, training=True).tobytes() for _ in range(count))


# Masks.


@pytest.mark.parametrize("fill", [0.0, -1e30, 1e300, np.nan, np.inf], ids=str)
@pytest.mark.parametrize("side", ["left", "right"])
@every_class
def test_padding_changes_results_or_gradients(cls, side, fill):
    """Whatever stands in the padding, outputs, states and gradients are those without it."""
    layer, x = cls(3, return_state=True, bias_initializer="ones"), drawn(2, 3, 2)
    longer, mask = padded(x, side, 2, fill)
    outputs, (dx, *by_weight) = slopes(layer, x)
    found, (longer_dx, *found_by_weight) = slopes(layer, longer, mask)
    same(found, outputs)
    same(found_by_weight, by_weight)
    same([longer_dx[mask].reshape(dx.shape), longer_dx[~mask]], [dx, np.zeros((4, 2))])


@every_class
def test_masks_are_taken_for_lengths(cls):
    """A step masked in the midst is left out, as if the sequence were shorter there."""
    layer, x = cls(3), drawn(2, 5, 2)
    kept = np.array([True, False, True, True, False])
    outputs, (_, *by_weight) = slopes(layer, x[:, kept])
    found, (_, *found_by_weight) = slopes(layer, x, [kept] * 2)
    same(found + found_by_weight, outputs + by_weight)


@every_class
def test_a_mask_is_not_reversed_going_backwards(cls):
    """The padding at the end, which comes first then, is left out."""
    layer, x = cls(3, go_backwards=True, return_state=True, bias_initializer="ones"), drawn(2, 3, 2)
    longer, mask = padded(x, "right", 2, 7.0)
    same(slopes(layer, longer, mask)[0], slopes(layer, x)[0])


@every_class
def test_states_of_both_directions_depend_on_the_side_of_the_padding(cls):
    """They are those of the sequence alone, on either side."""
    layer, x = nn.Bidirectional(cls(3, return_state=True)), drawn(2, 3, 2)
    expected, _ = slopes(layer, x)
    for side in ("left", "right"):
        same(slopes(layer, *padded(x, side, 2, 7.0))[0], expected)


@every_class
def test_the_bias_leaks_through_masked_steps(cls):
    """Where every step is masked the states stay, though the bias is large."""
    layer = cls(3, return_state=True, bias_initializer="ones")
    states = [drawn(2, 3, seed=k) for k in range(len(layer.cell.state_size))]
    _, *after = layer(drawn(2, 4, 2), initial_state=states, mask=np.zeros((2, 4)))
    assert equal(after, states)


def test_stacked_cells_lose_the_mask():
    """Each cell skips the masked steps, so that the states of all are those without them."""
    layer, x = nn.RNN([nn.LSTMCell(3), nn.GRUCell(4)], return_state=True), drawn(2, 3, 2)
    outputs, (_, *by_weight) = slopes(layer, x)
    for side in ("left", "right"):
        found, (_, *found_by_weight) = slopes(layer, *padded(x, side, 2, 7.0))
        same(found + found_by_weight, outputs + by_weight)


@every_class
def test_a_masked_sample_spoils_the_batch(cls):
    """A sample without a valid step has output 0 and no gradient; the others do not notice it."""
    layer, x = cls(3, bias_initializer="ones"), drawn(3, 4, 2)
    outputs, (dx, *by_weight) = slopes(layer, x[::2])
    found, (found_dx, *found_by_weight) = slopes(layer, x, np.array([[1], [0], [1]]) * np.ones(4))
    same([found[0][::2], found_dx[::2], *found_by_weight], [outputs[0], dx, *by_weight])
    assert not found[0][1].any()
    assert not found_dx[1].any()


@pytest.mark.parametrize("loss", ["mse", "mae", "binary_crossentropy", "categorical_crossentropy"])
def test_a_loss_of_masked_steps_only_is_nan(loss):
    """It is 0, the metric too, and a step of training changes no weight."""
    model = nn.Sequential([nn.Masking(input_shape=(3, 2)), nn.LSTM(2, return_sequences=True)])
    model.add(nn.Dense(2, activation="softmax")).compile("adam", loss, metrics=["mae"])
    before = model.get_weights()
    assert model.train_on_batch(np.zeros((4, 3, 2)), np.ones((4, 3, 2))) == [0.0, 0.0]
    assert equal(model.get_weights(), before)


@pytest.mark.parametrize("joined", [nn.Add, nn.Multiply, nn.Maximum, nn.Concatenate])
def test_merged_padding_counts_further_on(joined):
    """Steps masked in both inputs count in no layer behind, whatever their values are."""
    ids, embedding = nn.Input((4,), dtype="int64"), nn.Embedding(3, 2, mask_zero=True)
    sequence = joined()([embedding(ids), nn.LSTM(2, return_sequences=True)(embedding(ids))])
    model = nn.Model(ids, nn.GRU(3)(sequence))
    first = model.predict([[1, 2, 0, 0]])
    table = embedding.get_weights()[0]
    table[0] = 1e6
    embedding.set_weights([table])
    assert equal([model.predict([[1, 2, 0, 0]]), model.predict([[1, 0, 2, 0]])], [first, first])


def test_a_mask_ends_at_dropout_or_dense():
    """It reaches the last layer through all that works step by step."""

    def model(first):
        steps = [nn.Dropout(0.5), nn.Dense(3, bias_initializer="ones"), nn.Activation("tanh")]
        steps += [nn.TimeDistributed(nn.Dense(3)), nn.LSTM(3, return_sequences=True)]
        return nn.Sequential([first, *steps, nn.Bidirectional(nn.GRU(2))])

    longer, short, x = model(nn.Masking(input_shape=(5, 2))), model(nn.Input((3, 2))), drawn(2, 3, 2)
    short.set_weights(longer.get_weights())
    same([longer.predict(padded(x, "right", 2, 0.0)[0])], [short.predict(x)])


def test_masks_of_a_shared_layer_are_mixed_up():
    """Two sequences of other lengths and paddings through one layer: each with its own mask."""
    a, b, layer = nn.Input((4, 2), name="a"), nn.Input((6, 2), name="b"), nn.LSTM(3)
    model = nn.Model([a, b], [layer(nn.Masking()(a)), layer(nn.Masking()(b))])
    x = drawn(2, 3, 2)
    found = model.predict([padded(x, "right", 1, 0.0)[0], padded(x, "left", 3, 0.0)[0]])
    same(found, [layer(x)] * 2)


# States that last.


@every_class
def test_a_partial_batch_of_a_stateful_layer_spoils_the_states(cls):
    """It is refused by name, and the next full batch goes on as if it had not come."""
    layer, x = cls(3, stateful=True, name="enc"), drawn(4, 6, 2)
    layer(x[:, :3])
    with pytest.raises(
        tg.GraphError, match="'enc': stateful, with states for a batch of 4, got a batch of 2"
    ):
        layer(x[:2, 3:])
    same([layer(x[:, 3:])], [alike(layer, (3, 2), stateful=False)(x)])


@pytest.mark.parametrize("wrap", [lambda layer: layer, nn.Bidirectional], ids=["one way", "both ways"])
@every_class
def test_a_state_is_overwritten_before_backward_reads_it(cls, wrap):
    """A stateful step trains as the same step from an initial_state, and leaves the states before it."""
    layer, plain = (wrap(cls(3, return_state=True, stateful=stateful)) for stateful in (True, False))
    first, second, third = drawn(3, 4, 3, 2)
    _, *states = layer(first)
    x, given = nn.Input((3, 2)), [nn.Input((3,)) for _ in states]
    model = nn.Model(x, nn.Dense(1)(layer(x)[0]))
    other = nn.Model([x, *given], nn.Dense(1)(plain(x, initial_state=given)[0]))
    other.set_weights(model.get_weights())
    _, *after = plain(second, initial_state=states)
    for each, inputs in ((model, second), (other, [second, *states])):
        each.compile(nn.optimizers.SGD(1.0), "mse")
        each.train_on_batch(inputs, drawn(4, 1))
    same(model.get_weights(), other.get_weights())
    same(layer(third), plain(third, initial_state=after))


def test_states_are_reset_only_in_one_direction_or_fail_before_a_call():
    """reset_states works before the first call, and on both directions."""
    layer, x = nn.Bidirectional(nn.GRU(3, stateful=True)), drawn(2, 3, 2)
    layer.reset_states()
    first, second = layer(x), layer(x)
    layer.reset_states()
    assert equal([layer(x)], [first])
    assert not np.isclose(first, second).any()


def test_an_initial_state_is_not_kept_by_a_stateful_layer():
    """It is taken for its call only, and the next call goes on from there."""
    layer, x, h = nn.GRU(3, stateful=True), drawn(2, 6, 2), drawn(2, 3)
    layer(x[:, :3], initial_state=[h])
    same([layer(x[:, 3:])], [alike(layer, (3, 2), stateful=False)(x, initial_state=[h])])


# Gradients.


@pytest.mark.parametrize("k", [0, 1, 2])
def test_backward_needs_a_gradient_of_every_output(k):
    """Of the sequence, of h or of c alone."""
    layer, mask = nn.LSTM(2, return_sequences=True, return_state=True), [[True] * 3, [True, True, False]]
    check_gradients(lambda x: layer(x, mask=tg.constant(mask))[k], drawn(2, 3, 2), orders=1)


@pytest.mark.parametrize(("batch", "steps", "units"), [(1, 3, 2), (3, 1, 2), (3, 3, 1), (1, 1, 1)])
@every_class
def test_axes_of_one_are_squeezed(cls, batch, steps, units):
    """A batch of 1, one time step, one unit: shapes stay, and gradients are right."""
    layer, x = cls(units, return_sequences=True, return_state=True), drawn(batch, steps, 1)
    sequence, *states = layer(x)
    assert sequence.shape == (batch, steps, units)
    assert all(state.shape == (batch, units) for state in states)
    check_gradients(lambda x: layer(x)[0], x, orders=1)


@every_class
def test_the_gradient_of_a_batch_is_not_that_of_its_samples(cls):
    """It is the sum over the samples, each as a batch of 1."""
    layer, x = cls(3), drawn(3, 4, 2)
    _, (_, *whole) = slopes(layer, x)
    alone = [slopes(layer, x[k : k + 1])[1][1:] for k in range(3)]
    same(whole, [sum(parts) for parts in zip(*alone, strict=True)])


@every_class
def test_gradients_asked_for_twice_differ(cls):
    """The second graph of gradients is as good as the first."""
    layer, x = cls(3), tg.input("x", (2, 4, 2))
    loss = tg.sum(layer(x))
    first, second = (tg.gradients(loss, layer.weights) for _ in range(2))
    found = tg.compile([*first, *second])(x=drawn(2, 4, 2))
    assert equal(found[: len(first)], found[len(first) :])


@every_class
def test_gradients_need_training_mode(cls):
    """Those at inference are those of the same layer without dropout."""
    layer, x = cls(3, **DROPOUT), drawn(2, 4, 2)
    same(slopes(layer, x)[1], slopes(alike(layer, (4, 2), dropout=0.0, recurrent_dropout=0.0), x)[1])


@every_class
def test_a_frozen_layer_stops_the_gradient(cls):
    """What comes before it is trained, and it stays as it is."""
    frozen = cls(3, trainable=False)
    model = nn.Sequential([nn.LSTM(2, return_sequences=True, input_shape=(4, 2)), frozen])
    model.compile("sgd", "mse")
    first, fixed = model.layers[0].get_weights(), frozen.get_weights()
    model.train_on_batch(drawn(2, 4, 2), drawn(2, 3))
    assert equal(frozen.get_weights(), fixed)
    assert not any(equal([a], [b]) for a, b in zip(first, model.layers[0].get_weights(), strict=True))


@every_class
def test_a_later_step_changes_an_earlier_one(cls):
    """The gradient of step 1 of the outputs has nothing of the inputs after it."""
    layer, x = cls(3, return_sequences=True), drawn(2, 4, 2)
    _, (dx, *_) = slopes(layer, x, pick=lambda outputs: [outputs[0][:, 1]])
    assert dx[:, :2].all()
    assert not dx[:, 2:].any()


@every_class
def test_middle_layers_of_a_deep_stack_have_wrong_gradients(cls):
    """With three layers in both directions every gradient equals its differences."""
    layers = [nn.Bidirectional(cls(2, return_sequences=True)) for _ in range(3)]
    model, x = nn.Sequential([nn.Input((3, 2)), *layers]), drawn(2, 3, 2)
    check_gradients(model, x, orders=1)
    _, (_, *by_weight) = slopes(model, x)
    for weight, slope in zip(model.weights, by_weight, strict=True):
        start, along = weight.value, drawn(*weight.shape)
        sums = []
        for step in (1e-6, -1e-6, 0.0):
            weight.assign(start + step * along)
            sums.append((model(x) ** 2).sum())
        np.testing.assert_allclose((slope * along).sum(), (sums[0] - sums[1]) / 2e-6, rtol=1e-5, atol=1e-7)


@every_class
def test_what_makes_an_initial_state_is_not_trained(cls):
    """An encoder that only hands over its states has gradients."""
    series, start = nn.Input((4, 2), name="series"), nn.Input((3, 2), name="start")
    encoder = cls(3, return_state=True)
    _, *states = encoder(series)
    model = nn.Model([series, start], nn.Dense(1)(cls(3)(start, initial_state=states)))
    model.compile("sgd", "mse")
    before = encoder.get_weights()
    model.train_on_batch([drawn(2, 4, 2), drawn(2, 3, 2)], drawn(2, 1))
    assert not any(equal([a], [b]) for a, b in zip(before, encoder.get_weights(), strict=True))


# Order of results.


def test_states_come_in_another_order():
    """h before c; the forward layer's before the backward layer's; cell by cell from the first."""
    x = drawn(2, 3, 2)
    y, h, c = nn.LSTM(3, return_state=True)(x)
    assert equal([y], [h])
    assert not np.allclose(h, c)
    both = nn.Bidirectional(nn.LSTM(3, return_state=True))
    merged, *states = both(x)
    assert equal([merged], [np.concatenate(states[::2], axis=1)])
    assert equal(states, both.forward(x)[1:] + both.backward(x)[1:])
    y, *states = nn.RNN([nn.LSTMCell(3), nn.GRUCell(4)], return_state=True)(x)
    assert [state.shape[1] for state in flat(states)] == [3, 3, 4]
    assert equal([y], [flat(states)[-1]])


@every_class
def test_sequences_going_backwards_come_in_another_order(cls):
    """In the order of running: the output for the last step first. Both directions meet in time."""
    layer, x = cls(3, return_sequences=True, go_backwards=True), drawn(2, 4, 2)
    same([layer(x)], [alike(layer, (4, 2), go_backwards=False)(x[:, ::-1])])
    both = nn.Bidirectional(cls(3, return_sequences=True))
    same([both(x)[..., 3:]], [both.backward(x)[:, ::-1]])


def test_both_directions_begin_with_the_same_weights():
    """Each draws its own."""
    both = nn.Bidirectional(nn.LSTM(3))
    both.ensure_built((4, 2))
    assert not np.allclose(both.forward.kernel.value, both.backward.kernel.value)
    assert not np.allclose(both.forward.recurrent_kernel.value, both.backward.recurrent_kernel.value)


# Training.


def test_only_the_last_of_several_outputs_is_trained():
    """The gradient of the weights that outputs share is the sum of those of each output alone."""
    x = nn.Input((4, 2))
    features = nn.LSTM(3)(x)
    model = nn.Model(x, [nn.Dense(1, name="a")(features), nn.Dense(2, name="b")(features)])
    start, data = model.get_weights(), (drawn(5, 4, 2), [drawn(5, 1), drawn(5, 2)])
    moves = []
    for weights in ([1.0, 0.0], [0.0, 1.0], [1.0, 1.0]):
        model.compile(nn.optimizers.SGD(1.0), "mse", loss_weights=weights)
        model.set_weights(start)
        model.train_on_batch(*data)
        moves.append([a - b for a, b in zip(model.get_weights(), start, strict=True)])
    one, other, together = moves
    same(together, [a + b for a, b in zip(one, other, strict=True)])
    assert all(move.any() for move in together)


def trained(**kwargs):
    """The weights after training from a seed, with dropout and shuffling, on 10 samples."""
    nn.clear_session()
    tg.set_seed(3)
    layers = [nn.LSTM(4, return_sequences=True, dropout=0.3), nn.Dropout(0.3), nn.Bidirectional(nn.GRU(3))]
    model = nn.Sequential([nn.Input((5, 2)), *layers, nn.Dense(1)])
    model.compile("adam", "mse")
    model.fit(drawn(10, 5, 2), drawn(10, 1), batch_size=4, epochs=2, verbose=0, **kwargs)
    return model.get_weights()


def test_training_twice_from_one_seed_differs():
    """The same bits, with dropout, shuffling and a partial batch."""
    assert equal(trained(), trained())


def test_validation_data_change_the_training():
    """The weights are the same bits as without, even if the data held out are huge."""
    assert equal(trained(validation_data=(np.full((3, 5, 2), 1e9), np.full((3, 1), -1e9))), trained())


def test_the_last_partial_batch_is_dropped():
    """It is predicted, judged and trained on."""
    model = nn.Sequential([nn.GRU(3, input_shape=(4, 2)), nn.Dense(1)])
    model.compile(nn.optimizers.SGD(0.1), "mse")
    x, y = drawn(5, 4, 2), drawn(5, 1)
    same([model.predict(x, batch_size=2)], [model.predict(x)])
    errors = (model.predict(x) - y) ** 2
    assert model.evaluate(x, y, batch_size=2, verbose=0) == pytest.approx(errors.mean(), rel=1e-12)
    start, found = model.get_weights(), []
    for last in (0.0, 1.0):
        model.set_weights(start)
        y[4] = last
        model.fit(x, y, batch_size=2, shuffle=False, verbose=0)
        found.append(model.get_weights())
    assert not equal(*found)


@every_class
def test_a_run_leaves_something_for_the_next(cls):
    """A program run again, with another batch between, gives the same bits; so do other lengths."""
    layer, x = cls(3, return_sequences=True), tg.input("x", (2, 4, 2))
    run = tg.compile([layer(x), *tg.gradients(tg.sum(layer(x)), layer.weights)])
    first = run(x=drawn(2, 4, 2))
    run(x=np.full((2, 4, 2), 1e6))
    assert equal(run(x=drawn(2, 4, 2)), first)
    longer = layer(drawn(2, 7, 2))
    layer(drawn(3, 2, 2))
    assert equal([layer(drawn(2, 7, 2))], [longer])
