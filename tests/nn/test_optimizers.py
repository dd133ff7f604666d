"""Optimizers: twenty steps as in Keras, state, the learning rate, plans without copies, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import optimizers, registry, schedules

FILE = np.load(Path(__file__).parents[1] / "data" / "keras_optimizers.npz")
CASES = json.loads(str(FILE["cases"]))

# Every optimizer, and every choice that gives it other state.
KINDS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Adamax", {}),
    ("Nadam", {}),
]
EXTRAS = [{}, {"weight_decay": 0.1}, {"clipnorm": 1.0}, {"clipvalue": 0.5}, {"global_clipnorm": 1.0}]
BATCHES = [{"gradient_accumulation_steps": 2}, {"use_ema": True, "ema_overwrite_frequency": 3}]


def made(kind, **extra):
    class_name, config = kind
    return optimizers.get({"class_name": class_name, "config": config | extra})


def stepper(optimizer, *starts):
    """Parameters, and a function that updates them by given gradients."""
    parameters = [tg.param(f"w{i}", start) for i, start in enumerate(starts)]
    gradients = [tg.input(f"g{i}", w.shape) for i, w in enumerate(parameters)]
    return parameters, tg.compile({}, updates=optimizer.updates(parameters, gradients))


def regression(optimizer, batch=6):
    """A training program of a small model: its parameters and its function, fed by x and y."""
    random = np.random.default_rng(1)
    parameters = [tg.param("kernel", random.normal(size=(3, 2))), tg.param("bias", np.zeros(2))]
    return parameters, program(optimizer, parameters, batch)


def program(optimizer, parameters, batch):
    kernel, bias = parameters
    x, y = tg.input("x", (batch, 3)), tg.input("y", (batch, 2))
    error = tg.tanh(x @ kernel + bias) - y
    loss = tg.mean(error * error)
    return tg.compile(loss, updates=optimizer.updates(parameters, tg.gradients(loss, parameters)))


def data(batch=6):
    random = np.random.default_rng(2)
    return {"x": random.normal(size=(batch, 3)), "y": random.uniform(-0.5, 0.5, (batch, 2))}


def test_there_are_cases():
    assert len(CASES) > 140
    averaged = {case["class_name"] for case in CASES if "use_ema" in case["config"]}
    accumulated = {case["class_name"] for case in CASES if "gradient_accumulation_steps" in case["config"]}
    assert averaged == accumulated == {class_name for class_name, _ in KINDS}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_equals_keras(case):
    tg.set_floatx("float64")
    name = case["id"]
    optimizer = made((case["class_name"], case["config"]))
    parameters, step = stepper(optimizer, FILE[f"{name}/w0"], FILE[f"{name}/w1"])
    for k, rate in enumerate(FILE[f"{name}/lr"]):
        assert optimizer.learning_rate == pytest.approx(rate, abs=1e-14)
        step(**{f"g{i}": FILE[f"{name}/g{i}"][k] for i in range(2)})
        for i, w in enumerate(parameters):
            np.testing.assert_allclose(w.value, FILE[f"{name}/r{i}"][k], rtol=0, atol=1e-12)
    assert optimizer.iterations.value == 20 // (optimizer.gradient_accumulation_steps or 1)
    optimizer.finalize_variable_values(parameters)
    for i, w in enumerate(parameters):
        np.testing.assert_allclose(w.value, FILE[f"{name}/f{i}"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("extra", EXTRAS, ids=str)
def test_everything_is_updated_in_place(kind, extra):
    """The planner writes each new value over the old one: no copy, whatever the optimizer."""
    optimizer = made(kind, **extra)
    parameters, step = regression(optimizer)
    assert step.plan.copies == []
    changed = {leaf.label for leaf in step.plan.donated.values()}
    slots = {f"optimizer/{optimizer.name}/{slot}" for slot in optimizer.slots()}
    own = {"iterations"} | ({"momentum_product"} if "Nadam" in kind else set())
    assert changed == {w.label for w in parameters} | slots | {f"optimizer/{optimizer.name}/{k}" for k in own}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_loss_falls(kind):
    rate = 1.0 if kind[0] == "Adadelta" else 0.05
    _, step = regression(made(kind, learning_rate=rate))
    losses = [float(step(**data())) for _ in range(300)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_state_is_shared_by_all_programs(kind):
    """A full and a partial batch are two programs: the steps of both are those of one optimizer."""
    optimizer = made(kind, learning_rate=0.05)
    parameters, full = regression(optimizer)
    state = optimizer.variables
    partial = program(optimizer, parameters, 2)
    assert optimizer.variables == state
    full(**data())
    partial(**data(2))
    assert optimizer.iterations.value == 2
    twin = made(kind, learning_rate=0.05)
    others, full = regression(twin)
    full(**data())
    program(twin, others, 2)(**data(2))
    for mine, other in zip([*parameters, *state], [*others, *twin.variables], strict=True):
        np.testing.assert_array_equal(mine.value, other.value)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("extra", [{}, *BATCHES], ids=str)
def test_a_run_goes_on_from_saved_variables(kind, extra):
    """Weights and `variables` are all there is to a run: put elsewhere, they go on to the same bits."""
    optimizer = made(kind, learning_rate=0.05, **extra)
    parameters, step = regression(optimizer)
    for _ in range(3):
        step(**data())
    resumed = made(kind, learning_rate=0.7, **extra)
    others, again = regression(resumed)
    for mine, other in zip([*parameters, *optimizer.variables], [*others, *resumed.variables], strict=True):
        other.assign(mine.value)
    for _ in range(3):
        assert step(**data()) == again(**data())
    assert resumed.learning_rate == 0.05


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm"])
def test_parameters_of_either_float_type(kind, clip):
    """The learning rate has `floatx`'s type, each parameter and its slots have their own."""
    optimizer = made(kind, learning_rate=0.125, weight_decay=0.25, **{clip: 1.0})
    parameters = [tg.param(name, [1.0, -2.0], dtype=name) for name in ("float32", "float64")]
    gradients = [tg.constant([0.5, 0.25], dtype=w.dtype) for w in parameters]
    step = tg.compile({}, updates=optimizer.updates(parameters, gradients))
    step()
    step()
    narrow, wide = (w.value for w in parameters)
    np.testing.assert_allclose(narrow, wide, rtol=1e-4)
    assert not np.allclose(narrow, [1.0, -2.0])


def test_state_has_names():
    optimizer = optimizers.Adam(name="mine")
    with tg.scope("lstm"):
        kernel = tg.param("kernel", np.zeros((2, 2)))
    optimizer.build([kernel])
    assert [v.label for v in optimizer.variables] == [
        "optimizer/mine/iterations",
        "optimizer/mine/learning_rate",
        "optimizer/mine/lstm/kernel/momentum",
        "optimizer/mine/lstm/kernel/velocity",
    ]
    updates = optimizer.updates([kernel], [tg.zeros((2, 2))])
    assert updates[kernel].scope == "update/lstm/kernel"
    assert optimizer.iterations.dtype == "int64"


def test_adam_computes_its_step_size_once():
    """Powers of beta are numbers of the step, not of each parameter."""
    optimizer = optimizers.Adam()
    parameters = [tg.param(f"w{k}", np.zeros(3)) for k in range(5)]
    graph = tg.Graph({}, optimizer.updates(parameters, [tg.input(w.name, w.shape) for w in parameters]))
    assert graph.count()["power"] == 2
    per_parameter = {"subtract": 3, "multiply": 4, "add": 3, "sqrt": 1, "divide": 1}
    whole = graph.count()
    optimizer = optimizers.Adam()
    one = tg.Graph({}, optimizer.updates(parameters[:1], [tg.input("g", (3,))])).count()
    assert {name: (whole[name] - one[name]) // 4 for name in per_parameter} == per_parameter


def test_the_learning_rate_can_change_between_steps():
    optimizer = optimizers.SGD(0.1)
    (w,), step = stepper(optimizer, np.zeros(1))
    step(g0=[1.0])
    optimizer.learning_rate = 0.5
    step(g0=[1.0])
    assert w.value == pytest.approx(-0.6)
    assert optimizer.learning_rate == 0.5


def test_the_learning_rate_reads_as_it_was_given():
    assert optimizers.Adam(0.001).learning_rate == 0.001
    assert optimizers.Adam(3).get_config()["learning_rate"] == 3.0


def test_a_schedule_is_followed():
    optimizer = optimizers.SGD(schedules.PiecewiseConstantDecay([0, 1], [1.0, 0.5, 0.25]))
    (w,), step = stepper(optimizer, np.zeros(1))
    for expected in (1.0, 1.5, 1.75, 2.0):
        step(g0=[-1.0])
        assert w.value == expected
    assert optimizer.learning_rate == 0.25
    assert optimizer.variables == [optimizer.iterations]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("extra", EXTRAS + BATCHES, ids=str)
def test_every_optimizer_comes_back_from_its_config(kind, extra):
    optimizer = made(kind, **{"learning_rate": 0.25, "name": "mine"} | extra)
    again = registry.deserialize(json.loads(json.dumps(registry.serialize(optimizer))))
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    assert again.get_config().items() >= ({"learning_rate": 0.25, "name": "mine"} | kind[1] | extra).items()


def test_a_schedule_comes_back_with_its_optimizer():
    optimizer = optimizers.Adam(schedules.CosineDecay(0.1, 10, warmup_target=0.5, warmup_steps=3))
    again = registry.deserialize(json.loads(json.dumps(registry.serialize(optimizer))))
    assert again.get_config() == optimizer.get_config()
    assert again.learning_rate == 0.1


@pytest.mark.parametrize(
    "name", ["sgd", "rmsprop", "adam", "adamw", "adagrad", "adadelta", "adamax", "nadam"]
)
def test_names(name):
    optimizer = optimizers.get(name)
    assert type(optimizer).__name__.lower() == optimizer.name == name


def test_a_gradient_of_zero_is_not_divided_by():
    for extra in ({"clipnorm": 1.0}, {"global_clipnorm": 1.0}):
        (w,), step = stepper(optimizers.SGD(0.5, **extra), np.ones(2))
        step(g0=np.zeros(2))
        assert w.value.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("extra", EXTRAS, ids=str)
def test_without_parameters_steps_are_counted(extra):
    optimizer = optimizers.SGD(**extra)
    assert list(optimizer.updates([], [])) == [optimizer.iterations]


def test_clipping_by_the_global_norm_keeps_the_direction():
    parameters, step = stepper(optimizers.SGD(1.0, global_clipnorm=2.5), np.zeros(1), np.zeros(1))
    step(g0=[3.0], g1=[4.0])
    assert [float(w.value[0]) for w in parameters] == pytest.approx([-1.5, -2.0])


REFUSED = [
    (
        lambda: optimizers.SGD(-0.1),
        ValueError,
        "SGD: learning_rate must be a number in [0, inf), got -0.1.",
    ),
    (
        lambda: optimizers.SGD("fast"),
        ValueError,
        "SGD: learning_rate must be a number in [0, inf), got 'fast'.",
    ),
    (
        lambda: setattr(optimizers.SGD(), "learning_rate", float("nan")),
        ValueError,
        "SGD: learning_rate must be a number in [0, inf), got nan.",
    ),
    (
        lambda: optimizers.SGD(0.1, momentum=1.5),
        ValueError,
        "SGD: momentum must be a number in [0, 1], got 1.5.",
    ),
    (
        lambda: optimizers.RMSprop(rho=1.0),
        ValueError,
        "RMSprop: rho must be a number in [0, 1), got 1.0.",
    ),
    (
        lambda: optimizers.Adam(beta_2=True),
        ValueError,
        "Adam: beta_2 must be a number in [0, 1), got True.",
    ),
    (
        lambda: optimizers.Nadam(epsilon=-1e-7),
        ValueError,
        "Nadam: epsilon must be a number in [0, inf), got -1e-07.",
    ),
    (
        lambda: optimizers.AdamW(weight_decay=None),
        ValueError,
        "AdamW: weight_decay must be a number in [0, inf), got None.",
    ),
    (
        lambda: optimizers.Adam(clipnorm=0.0),
        ValueError,
        "Adam: clipnorm must be a number in (0, inf), got 0.0.",
    ),
    (
        lambda: optimizers.Adam(clipnorm=1.0, clipvalue=1.0),
        ValueError,
        "Adam: only one way to clip, got clipnorm and clipvalue.",
    ),
    (
        lambda: optimizers.Adam(beta1=0.5),
        TypeError,
        "Adam: unknown argument 'beta1'; did you mean 'beta_1'?",
    ),
    (
        lambda: optimizers.SGD(foo=1),
        TypeError,
        "SGD: unknown argument 'foo'; there are clipnorm, clipvalue, ema_momentum, ema_overwrite_frequency, "
        "global_clipnorm, gradient_accumulation_steps, learning_rate, loss_scale_factor, momentum, name, "
        "nesterov, use_ema, weight_decay.",
    ),
    (
        lambda: optimizers.SGD(gradient_accumulation_steps=1),
        ValueError,
        "SGD: gradient_accumulation_steps must be a whole number of at least 2, got 1.",
    ),
    (
        lambda: optimizers.Adam(use_ema=1),
        ValueError,
        "Adam: use_ema must be True or False, got 1.",
    ),
    (
        lambda: optimizers.Adam(ema_momentum=1.5),
        ValueError,
        "Adam: ema_momentum must be a number in [0, 1], got 1.5.",
    ),
    (
        lambda: optimizers.Nadam(use_ema=True, ema_overwrite_frequency=0),
        ValueError,
        "Nadam: ema_overwrite_frequency must be a whole number of at least 1, got 0.",
    ),
    (
        lambda: optimizers.SGD(loss_scale_factor=0),
        ValueError,
        "SGD: loss_scale_factor must be a number in (0, inf), got 0.",
    ),
    (lambda: optimizers.get("adm"), ValueError, "unknown optimizer 'adm'; did you mean 'adam'?"),
    (
        lambda: optimizers.get(len),
        ValueError,
        "optimizer: expected a name, a config or an Optimizer, got <built-in function len>.",
    ),
    (
        lambda: optimizers.SGD().updates([tg.param("w", [1.0])], []),
        ValueError,
        "SGD: expected gradients of shapes [(1,)], got [].",
    ),
    (
        lambda: optimizers.SGD().updates([tg.param("w", [1.0])], [tg.zeros((2,))]),
        ValueError,
        "SGD: expected gradients of shapes [(1,)], got [(2,)].",
    ),
    (
        lambda: setattr(optimizers.SGD(schedules.CosineDecay(0.1, 9)), "learning_rate", 0.1),
        TypeError,
        "SGD: the learning rate follows the schedule 'cosine_decay' and cannot be set; give the constructor "
        "a number instead.",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refusals_say_what_to_do(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def test_an_optimizer_belongs_to_one_model():
    from tinygraph import nn

    adam = optimizers.Adam()
    first, second = (nn.Sequential([nn.Dense(1, input_shape=(2,))]) for _ in range(2))
    first.compile(adam, "mse")
    first.compile(adam, "mae")
    with pytest.raises(ValueError, match=r"Adam: this optimizer belongs to .* already"):
        second.compile(adam, "mse")
