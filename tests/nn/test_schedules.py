"""Schedules: values at their corners, nodes and numbers, configs, and what is refused."""

import math

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import registry, schedules

ALL = [
    schedules.ExponentialDecay(0.1, 6, 0.5),
    schedules.ExponentialDecay(0.1, 6, 0.5, staircase=True),
    schedules.InverseTimeDecay(0.1, 4, 0.7),
    schedules.InverseTimeDecay(0.1, 4, 0.7, staircase=True),
    schedules.PolynomialDecay(0.1, 12, 0.01),
    schedules.PolynomialDecay(0.1, 7, 0.01, power=0.5, cycle=True),
    schedules.PiecewiseConstantDecay([3, 8], [0.1, 0.05, 0.02], name="pieces"),
    schedules.CosineDecay(0.1, 15, alpha=0.2),
    schedules.CosineDecay(0.0, 15, warmup_target=0.2, warmup_steps=5),
    schedules.CosineDecayRestarts(0.1, 4),
    schedules.CosineDecayRestarts(0.1, 6, t_mul=1.0, m_mul=0.8, alpha=0.1),
]


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: schedule.name)
def test_a_node_and_a_number_give_the_same_rate(schedule):
    """The twenty rates of an optimizer in tests of Keras' numbers are nodes; these are numbers."""
    step = tg.param("step", 0)
    rate = tg.compile(schedule(step))
    for k in (0, 1, 5, 15, 40):
        step.assign(k)
        assert rate().dtype == "float32"
        assert float(rate()) == pytest.approx(schedule(k), rel=1e-5, abs=1e-8)
    assert isinstance(schedule(3), float)
    tg.set_floatx("float64")
    assert schedule(step).dtype == "float32"  # as it was made
    assert registry.deserialize(registry.serialize(schedule))(step).dtype == "float64"


@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: schedule.name)
def test_every_schedule_comes_back_from_its_config(schedule):
    again = registry.deserialize(registry.serialize(schedule))
    assert again.get_config() == schedule.get_config()
    assert [again(k) for k in range(9)] == [schedule(k) for k in range(9)]


def test_nodes_stand_in_a_scope_of_the_name():
    assert schedules.CosineDecay(0.1, 9, name="rate")(tg.param("step", 0)).scope == "rate"


CORNERS = [
    (schedules.ExponentialDecay(0.5, 10, 0.25), {0: 0.5, 5: 0.25, 10: 0.125}),
    (schedules.ExponentialDecay(0.5, 10, 0.25, staircase=True), {9: 0.5, 10: 0.125, 19: 0.125}),
    (schedules.InverseTimeDecay(1.0, 10, 2.0), {0: 1.0, 5: 0.5, 10: 1 / 3}),
    (schedules.PolynomialDecay(1.0, 10, 0.5), {0: 1.0, 5: 0.75, 10: 0.5, 99: 0.5}),
    (schedules.PolynomialDecay(1.0, 10, 0.0, cycle=True), {0: 1.0, 10: 0.0, 11: 0.45, 20: 0.0, 30: 0.0}),
    (schedules.PiecewiseConstantDecay([3, 5], [0.5, 0.25, 0.125]), {3: 0.5, 4: 0.25, 5: 0.25, 6: 0.125}),
    (schedules.PiecewiseConstantDecay([], [0.5]), {0: 0.5, 9: 0.5}),
    (schedules.CosineDecay(1.0, 10, alpha=0.5), {0: 1.0, 5: 0.75, 10: 0.5, 99: 0.5}),
    (schedules.CosineDecay(0.5, 10, warmup_target=1.0), {0: 1.0, 10: 0.0}),
    (
        schedules.CosineDecay(0.0, 8, warmup_target=1.0, warmup_steps=2),
        {0: 0.0, 1: 0.5, 2: 1.0, 6: 0.5, 10: 0},
    ),
    (schedules.CosineDecayRestarts(1.0, 4), {0: 1.0, 2: 0.5, 4: 1.0, 8: 0.5, 12: 1.0, 20: 0.5, 28: 1.0}),
]


@pytest.mark.parametrize(("schedule", "rates"), CORNERS, ids=lambda value: getattr(value, "name", ""))
def test_corners(schedule, rates):
    assert {step: schedule(step) for step in rates} == pytest.approx(rates)


def test_a_restart_falls_like_the_cosine_of_its_own_length():
    schedule = schedules.CosineDecayRestarts(1.0, 10, t_mul=3.0, m_mul=0.5)
    expected = [0.5 * 0.5 * (1 + math.cos(math.pi * k / 30)) for k in range(1, 30)]
    np.testing.assert_allclose([schedule(10 + k) for k in range(1, 30)], expected, atol=1e-12)


REFUSED = [
    (
        lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
        "ExponentialDecay: decay_steps must be a number in (0, inf), got 0.",
    ),
    (
        lambda: schedules.PolynomialDecay(-1, 10),
        "PolynomialDecay: initial_learning_rate must be a number in [0, inf), got -1.",
    ),
    (
        lambda: schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.2]),
        "PiecewiseConstantDecay: expected one value more than the 2 boundaries, got 2.",
    ),
    (
        lambda: schedules.PiecewiseConstantDecay([2, 2], [0.1, 0.2, 0.3]),
        "PiecewiseConstantDecay: boundaries must rise, got [2, 2].",
    ),
    (
        lambda: schedules.CosineDecay(0.1, 10, warmup_steps=5),
        "CosineDecay: warmup_steps needs a warmup_target, the learning rate to rise to.",
    ),
    (
        lambda: schedules.CosineDecayRestarts(0.1, 10, t_mul=0.5),
        "CosineDecayRestarts: t_mul must be a number in [1, inf), got 0.5.",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_refusals_say_what_to_do(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    assert str(caught.value) == message
