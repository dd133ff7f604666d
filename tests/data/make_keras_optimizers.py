"""Makes keras_optimizers.npz: twenty steps of every Keras optimizer on given gradients, in float64.

    KERAS_BACKEND=jax python tests/data/make_keras_optimizers.py [folder]

A case has "class_name" and "config"; a learning rate schedule in the config is itself
{"class_name", "config"}. The two variables have shapes (3, 4) and (4,). Arrays of a case:

    w0, w1   the variables at the start
    g0, g1   their gradients, (20, 3, 4) and (20, 4); every fifth one is large
    r0, r1   their values after each of the 20 steps
    f0, f1   what finalize_variable_values makes of the last ones
    lr       the learning rate of steps 0..19
"""

import keras
import numpy as np
from reference import Cases, make_optimizer, to_numpy, use_float64

STEPS = 20

KINDS = [
    ("sgd", "SGD", {}),
    ("sgd-momentum", "SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("sgd-nesterov", "SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}),
    ("rmsprop", "RMSprop", {}),
    ("rmsprop-rho", "RMSprop", {"learning_rate": 0.02, "rho": 0.8, "epsilon": 1e-3}),
    ("rmsprop-momentum", "RMSprop", {"learning_rate": 0.02, "momentum": 0.7}),
    ("rmsprop-centered", "RMSprop", {"learning_rate": 0.02, "centered": True}),
    (
        "rmsprop-centered-momentum",
        "RMSprop",
        {"learning_rate": 0.01, "rho": 0.95, "momentum": 0.5, "centered": True},
    ),
    ("adam", "Adam", {}),
    ("adam-betas", "Adam", {"learning_rate": 0.03, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 0.01}),
    ("adam-amsgrad", "Adam", {"learning_rate": 0.03, "amsgrad": True}),
    ("adam-amsgrad-betas", "Adam", {"learning_rate": 0.03, "beta_2": 0.6, "amsgrad": True}),
    ("adamw", "AdamW", {}),
    ("adamw-decay", "AdamW", {"learning_rate": 0.05, "weight_decay": 0.1}),
    ("adamw-amsgrad", "AdamW", {"learning_rate": 0.02, "beta_1": 0.7, "amsgrad": True}),
    ("adagrad", "Adagrad", {}),
    (
        "adagrad-start",
        "Adagrad",
        {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-2},
    ),
    ("adadelta", "Adadelta", {}),
    ("adadelta-rho", "Adadelta", {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-4}),
    ("adamax", "Adamax", {}),
    ("adamax-betas", "Adamax", {"learning_rate": 0.04, "beta_1": 0.85, "beta_2": 0.9}),
    ("nadam", "Nadam", {}),
    ("nadam-betas", "Nadam", {"learning_rate": 0.04, "beta_1": 0.8, "epsilon": 1e-3}),
]

EXTRAS = [
    {"clipnorm": 2.5},
    {"clipvalue": 0.5},
    {"global_clipnorm": 4.0},
    {"weight_decay": 0.1},
    {"global_clipnorm": 1.0, "weight_decay": 0.05},
]

#: steps of several batches, and averages of weights
BATCHES = [
    {"gradient_accumulation_steps": 3},
    {"use_ema": True, "ema_momentum": 0.8},
    {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 4},
]
MIXED = [
    {"gradient_accumulation_steps": 2, "clipnorm": 2.5, "weight_decay": 0.1},
    {"gradient_accumulation_steps": 3, "global_clipnorm": 2.0, "loss_scale_factor": 8.0},
    {"gradient_accumulation_steps": 3, "use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 2},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 1, "clipvalue": 0.5},
    {"use_ema": True, "ema_momentum": 1.0, "weight_decay": 0.1},
]

SCHEDULES = [
    ("", "ExponentialDecay", {"decay_steps": 6, "decay_rate": 0.5}),
    ("staircase", "ExponentialDecay", {"decay_steps": 6, "decay_rate": 0.5, "staircase": True}),
    ("", "InverseTimeDecay", {"decay_steps": 4, "decay_rate": 0.7}),
    ("staircase", "InverseTimeDecay", {"decay_steps": 4, "decay_rate": 0.7, "staircase": True}),
    ("", "PolynomialDecay", {"decay_steps": 12, "end_learning_rate": 0.01}),
    ("power", "PolynomialDecay", {"decay_steps": 12, "end_learning_rate": 0.01, "power": 2.0}),
    (
        "cycle",
        "PolynomialDecay",
        {"decay_steps": 7, "end_learning_rate": 0.01, "power": 0.5, "cycle": True},
    ),
    ("", "CosineDecay", {"decay_steps": 15}),
    ("alpha", "CosineDecay", {"decay_steps": 15, "alpha": 0.2}),
    (
        "warmup",
        "CosineDecay",
        {"decay_steps": 10, "alpha": 0.1, "warmup_target": 0.2, "warmup_steps": 5},
    ),
    ("", "CosineDecayRestarts", {"first_decay_steps": 4}),
    ("even", "CosineDecayRestarts", {"first_decay_steps": 6, "t_mul": 1.0, "m_mul": 0.8}),
    (
        "uneven",
        "CosineDecayRestarts",
        {"first_decay_steps": 5, "t_mul": 1.5, "m_mul": 0.7, "alpha": 0.1},
    ),
]


def configurations():
    """(id, class name, config) of every case."""
    yield from KINDS
    for class_name in ("SGD", "Adam"):
        for extra in EXTRAS:
            config = {"learning_rate": 0.05} | extra
            yield "-".join([class_name.lower(), *extra]), class_name, config
    for class_name, extra in (("RMSprop", "clipnorm"), ("Nadam", "weight_decay")):
        yield f"{class_name.lower()}-{extra}", class_name, {"learning_rate": 0.02, extra: 0.3}
    constants = {"boundaries": [3, 8, 15], "values": [0.1, 0.05, 0.02, 0.005]}
    for class_name in ("SGD", "Adam"):
        for variant, schedule, config in SCHEDULES:
            rate = {"initial_learning_rate": 0.1} | config
            case_id = "-".join(filter(None, [class_name.lower(), schedule, variant]))
            rate = {"class_name": schedule, "config": rate}
            yield case_id, class_name, {"learning_rate": rate}
        rate = {"class_name": "PiecewiseConstantDecay", "config": constants}
        yield f"{class_name.lower()}-PiecewiseConstantDecay", class_name, {"learning_rate": rate}
    warm = {"initial_learning_rate": 0.0, "decay_steps": 12, "warmup_target": 0.1}
    rate = {"class_name": "CosineDecay", "config": warm | {"warmup_steps": 4}}
    config = {"learning_rate": rate, "clipnorm": 1.0, "weight_decay": 0.02}
    yield "adamw-CosineDecay-warmup-clipnorm", "AdamW", config
    for case_id, class_name, config in KINDS:
        for extra in BATCHES:
            yield "-".join([case_id, *extra]), class_name, config | extra
    rate = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.1} | SCHEDULES[0][2]}
    for class_name in ("SGD", "Nadam"):
        for extra in MIXED:
            yield "-".join([class_name.lower(), *extra]), class_name, {"learning_rate": 0.05} | extra
        config = {"learning_rate": rate, "gradient_accumulation_steps": 2}
        yield f"{class_name.lower()}-ExponentialDecay-accumulation", class_name, config


def run(rng, case):
    """The arrays of one case: twenty steps from random values by random gradients."""
    shapes = [(3, 4), (4,)]
    starts = [rng.normal(size=shape) for shape in shapes]
    gradients = [rng.normal(size=(STEPS, *shape)) for shape in shapes]
    for gradient in gradients:
        gradient[::5] *= 20.0
    variables = [keras.Variable(start) for start in starts]
    optimizer = make_optimizer(case)
    optimizer.build(variables)
    rates, results = [], [[], []]
    for step in range(STEPS):
        rates.append(float(to_numpy(optimizer.learning_rate)))
        optimizer.apply([keras.ops.convert_to_tensor(gradient[step]) for gradient in gradients])
        for result, variable in zip(results, variables, strict=True):
            result.append(to_numpy(variable).copy())
    optimizer.finalize_variable_values(variables)
    arrays = {"lr": np.array(rates)} | {f"f{i}": to_numpy(variable) for i, variable in enumerate(variables)}
    for i in range(2):
        arrays |= {f"w{i}": starts[i], f"g{i}": gradients[i], f"r{i}": np.stack(results[i])}
    return arrays


def main():
    """Run every configuration and save."""
    use_float64()
    cases = Cases()
    for seed, (case_id, class_name, config) in enumerate(configurations()):
        case = {"id": case_id, "class_name": class_name, "config": config}
        cases.add(case, run(np.random.default_rng(seed), case))
    cases.save("keras_optimizers.npz")


if __name__ == "__main__":
    main()
