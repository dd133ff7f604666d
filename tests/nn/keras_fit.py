"""A whole training run, compared with what Keras gave: history, weights and predictions."""

import numpy as np

CLOSE = {"rtol": 1e-8, "atol": 1e-8}


def numbered(arrays, letter):
    """Arrays "w0", "w1", .. of a case, in order."""
    return [arrays[f"{letter}{k}"] for k in range(len(arrays)) if f"{letter}{k}" in arrays]


def feed(arrays, prefix=""):
    """Inputs, targets and perhaps weights."""
    x = [arrays[prefix + name] for name in ("x0", "x1") if prefix + name in arrays]
    rest = [arrays[prefix + name] for name in ("y", "sample_weight") if prefix + name in arrays]
    return (x if len(x) > 1 else x[0], *rest)


def check_run(case, arrays, model):
    """Train the model as the case says and compare everything."""
    model.set_weights(numbered(arrays, "w"))
    model.compile(**case["compile"])
    fit = dict(case["fit"])
    if "class_weight" in fit:
        fit["class_weight"] = {int(label): weight for label, weight in fit["class_weight"].items()}
    if "validation" in case["flags"]:
        fit["validation_data"] = feed(arrays, "v")
    x, *rest = feed(arrays)
    given = dict(zip(("y", "sample_weight"), rest, strict=False))
    history = model.fit(x, **given, **fit, verbose=0).history
    expected = {name.removeprefix("h/"): a for name, a in arrays.items() if name.startswith("h/")}
    assert sorted(history) == sorted(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, **CLOSE, err_msg=name)
    for weight, value in zip(model.weights, numbered(arrays, "r"), strict=True):
        np.testing.assert_allclose(weight.value, value, **CLOSE, err_msg=weight.label)
    if "stateful" in case["flags"]:
        model.reset_states()
    np.testing.assert_allclose(model.predict(x, batch_size=fit["batch_size"]), arrays["p"], **CLOSE)
