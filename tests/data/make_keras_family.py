"""Makes keras_family.npz: the recurrent family of Keras, and the layers around it, in float64.

    for backend in jax torch tensorflow; do
        KERAS_BACKEND=$backend python tests/data/make_keras_family.py folder/$backend
    done
    python tests/data/merge_backends.py keras_family.npz /tmp/jax /tmp/torch /tmp/tensorflow

The cases are listed in family_recurrent.py and family_layers.py. LSTM and GRU are made with
use_cudnn=False, which Torch needs. TensorFlow may live in an environment of its own. A case has

layer        {"class_name", "config"}; cells, inner layers and initializers in the config likewise
args, call   the arguments of the call, by position and by name: a string is the name of an array (a mask
             if it is int8), lists are lists, anything else stands for itself
outputs      "y0", or the names of the outputs in lists nested as Keras nests them
weights      the name of every weight in the order of get_weights(), and
trained      the places in it of those that have a gradient
group        the first word of the id
mask_out     whether there is a mask after the layer; absent where no mask is concerned
carry        the masks that belong to the inputs of args[0] without being passed to the call
adapt        the name of the array given to adapt() before anything else
dropout      for each cell {"dropout": [..], "recurrent_dropout": [..]}: the masks that were put in place of
             random ones, scaled already, one for each gate or one for all
init_weights true where the weights are those that the initializers made
batches      of a stateful layer: for each batch {"reset": whether reset_state() came before, "call": ..};
             the arrays of batch k then lie under "<id>/b<k>/", but the weights
backends     the backends that gave these numbers, and
others       {backend: "rounds" (float32 constants), "differs" or "fails"} for the rest

x, x0, s0, .. its inputs and initial states, and whatever else args, call, carry, adapt and dropout name
w0, w1, ..   its weights before the call; y0, y1, .. its outputs
g0, g1, ..   a cotangent for each output; the loss is sum_k sum(y_k * g_k), plus "loss" if there is one
loss         what the layer adds to the loss (activity regularizers)
dx, ds0, .., dw0, .. the gradients of that loss
mask_out     the mask after the layer (of its first output), where there is one
r2, r3       of BatchNormalization in training: those weights after the call
t0, t1, ..   of a stateful layer: its states after the batch
"""

import keras
import numpy as np
from family_layers import layer_cases
from family_recurrent import recurrent_cases
from family_spec import drawn, rng_of
from reference import BACKEND, Cases, gradients as reference_gradients, to_numpy, use_float64

SPACES = {
    "initializer": keras.initializers,
    "regularizer": keras.regularizers,
    "constraint": keras.constraints,
}
STEP = 1e-5  # how far check_smooth looks around


def build(part, argument=""):
    """What a case spells for an argument: a layer, a cell, an initializer, ..; other values as they are."""
    if isinstance(part, list):
        return [build(item) for item in part]
    if not isinstance(part, dict):
        return part
    config = {name: build(value, name) for name, value in part["config"].items()}
    if part["class_name"] in ("LSTM", "GRU"):
        config.setdefault("use_cudnn", False)
    space = SPACES.get(argument.split("_")[-1], keras.layers)
    return getattr(space, part["class_name"])(**config)


def lookup(structure, values):
    """A nested structure with every string in it replaced by the value of that name."""
    if isinstance(structure, dict):
        return {name: lookup(part, values) for name, part in structure.items()}
    if isinstance(structure, list):
        return [lookup(part, values) for part in structure]
    return values[structure] if isinstance(structure, str) else structure


def names_in(structure):
    """The names of the arrays in a nested structure."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, list):
        return [name for part in structure for name in names_in(part)]
    return [structure] if isinstance(structure, str) else []


def tensors_of(arrays):
    """Arrays as tensors; an int8 array is a mask and becomes bool."""
    return {
        name: keras.ops.convert_to_tensor(array.astype(bool) if array.dtype == np.int8 else array)
        for name, array in arrays.items()
    }


def gradients(loss, arrays):
    """reference.gradients, and the same for TensorFlow."""
    if BACKEND != "tensorflow":
        return reference_gradients(loss, arrays)
    import tensorflow as tf

    tensors = [tf.convert_to_tensor(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = loss(*tensors)
    return [to_numpy(grad) for grad in tape.gradient(value, tensors, unconnected_gradients="zero")]


def draw_weights(case, layer):
    """Random weights in get_weights() order; variances are positive."""
    rng = rng_of(case["id"] + "/weights")
    values = [drawn(rng, tuple(variable.shape), 0.7) for variable in layer.weights]
    variance = ["variance" in variable.name for variable in layer.weights]
    return [np.abs(v) + 0.5 if positive else v for v, positive in zip(values, variance, strict=True)]


def prepare(case, arrays):
    """The layer, built and with its weights, and the arrays that come of that."""
    layer = build(case["layer"])
    is_cell = "Cell" in case["layer"]["class_name"]
    given = {name.removeprefix("b0/"): array.shape for name, array in arrays.items()}
    layer.build(*lookup(case["args"][:1] if is_cell else case["args"], given))
    if "adapt" in case:
        layer.adapt(arrays[case["adapt"]])
    elif "init_weights" not in case:
        layer.set_weights(draw_weights(case, layer))
    trained = {id(variable) for variable in layer.trainable_variables}
    case["weights"] = [variable.path.split("/", 1)[-1] for variable in layer.weights]
    case["trained"] = [k for k, variable in enumerate(layer.weights) if id(variable) in trained]
    return layer, {f"w{k}": to_numpy(variable) for k, variable in enumerate(layer.weights)}


def inject_dropout(layer, masks):
    """Give every cell the dropout masks of the case, so that nothing is random."""
    halves = [layer.forward_layer, layer.backward_layer] if hasattr(layer, "forward_layer") else [layer]
    cells = [cell for half in halves for cell in getattr(half.cell, "cells", [half.cell])]
    for cell, mask in zip(cells, masks, strict=True):
        one_for_all = not hasattr(cell, "dropout_mask_count")
        for name, values in mask.items():
            setattr(cell, f"_{name}_mask", values[0] if one_for_all else values)


def call(layer, case, values):
    """(outputs, what the layer adds to the loss, its weights after) of a call that changes nothing."""
    if "dropout" in case:
        inject_dropout(layer, lookup(case["dropout"], values))
    mapping = [(variable, values[f"w{k}"]) for k, variable in enumerate(layer.weights)]
    with keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
        outputs = layer(*lookup(case["args"], values), **lookup(case["call"], values))
        losses = list(layer.losses)
    return outputs, losses, [scope.get_current_value(variable) for variable in layer.weights]


def check_smooth(case, loss, arrays, grads):
    """Raise if the loss has a kink nearby, or if its slope is not the one that the gradients say.

    Masking is left out: it jumps where a step is no longer equal to the mask value.
    """
    if BACKEND != "torch" or not arrays or case["layer"]["class_name"] == "Masking":
        return
    rng = rng_of(case["id"] + "/direction")
    directions = [rng.normal(size=array.shape) for array in arrays]
    moved = [[a + s * STEP * d for a, d in zip(arrays, directions, strict=True)] for s in (-1, 0, 1)]
    low, middle, high = (float(loss(*map(keras.ops.convert_to_tensor, point))) for point in moved)
    slope = sum(float(np.sum(grad * d)) for grad, d in zip(grads, directions, strict=True))
    scale = 1 + abs(slope) + abs(middle)
    if (
        abs(high - 2 * middle + low) / STEP > 5e-3 * scale
        or abs((high - low) / 2 / STEP - slope) > 1e-6 * scale
    ):
        raise ValueError(f"{case['id']}: a kink? {(middle - low) / STEP}, {(high - middle) / STEP}, {slope}")


def differentiate(layer, case, arrays):
    """The arrays of one call: outputs, cotangents, gradients, and what else there is."""
    given = dict.fromkeys(names_in([case["args"], case["call"]]))
    names = [name for name in given if arrays[name].dtype == np.float64]
    names += [f"w{k}" for k in case["trained"]]
    constants = tensors_of(arrays)
    structure, losses, after = call(layer, case, constants)
    leaves = keras.tree.flatten(structure)
    rng = rng_of(case["id"] + "/cotangents")
    cotangents = [drawn(rng, tuple(leaf.shape)) for leaf in leaves]

    def loss(*tensors):
        values = constants | dict(zip(names, tensors, strict=True))
        outputs, losses, _ = call(layer, case, values)
        pairs = zip(keras.tree.flatten(outputs), map(keras.ops.convert_to_tensor, cotangents), strict=True)
        return sum(keras.ops.sum(y * g) for y, g in pairs) + sum(losses)

    made = {f"y{k}": to_numpy(leaf) for k, leaf in enumerate(leaves)}
    made |= {f"g{k}": cotangent for k, cotangent in enumerate(cotangents)}
    if losses:
        made["loss"] = to_numpy(sum(losses))
    inputs = [arrays[name] for name in names]
    grads = gradients(loss, inputs) if inputs else []
    check_smooth(case, loss, inputs, grads)
    made |= {f"d{name}": grad for name, grad in zip(names, grads, strict=True)}
    frozen = set(range(len(after))) - set(case["trained"])
    if case["layer"]["class_name"] == "BatchNormalization":
        made |= {f"r{k}": to_numpy(after[k]) for k in frozen}
    count = iter(range(len(leaves)))
    case["outputs"] = as_lists(keras.tree.map_structure(lambda leaf: f"y{next(count)}", structure))
    return made


def as_lists(names):
    """Nested tuples as nested lists."""
    return [as_lists(name) for name in names] if isinstance(names, (list, tuple)) else names


def mask_after(layer, case, arrays):
    """The mask after the layer, if it takes masks; case["mask_out"] says whether there is one."""
    makes = case["layer"]["class_name"] in ("Masking", "Embedding")
    if not makes and "mask" not in case["call"] and "carry" not in case:
        return {}
    values = tensors_of(arrays)
    mask = lookup(case.get("carry", case["call"].get("mask")), values)
    masks = [None]
    if layer.supports_masking:
        masks = keras.tree.flatten([layer.compute_mask(lookup(case["args"][0], values), mask)])
    case["mask_out"] = masks[0] is not None
    return {"mask_out": to_numpy(masks[0]).astype(np.int8)} if case["mask_out"] else {}


def run_batches(layer, case, arrays, weights):
    """The arrays of a stateful layer, batch by batch."""
    made = {}
    for k, batch in enumerate(case["batches"]):
        prefix = f"b{k}/"
        here = {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}
        if batch["reset"]:
            layer.reset_state()
        part = case | {"id": f"{case['id']}/b{k}", "call": batch["call"]}
        results = differentiate(layer, part, here | weights)
        values = tensors_of(here)
        layer(*lookup(case["args"], values), **lookup(batch["call"], values))
        case["outputs"] = part["outputs"]
        results |= {f"t{i}": to_numpy(state) for i, state in enumerate(keras.tree.flatten(layer.states))}
        made |= {prefix + name: array for name, array in results.items()}
    return made


def run_case(case, arrays):
    """All the arrays of one case."""
    layer, weights = prepare(case, arrays)
    if "batches" in case:
        return arrays | weights | run_batches(layer, case, arrays, weights)
    made = differentiate(layer, case, arrays | weights)
    return arrays | weights | made | mask_after(layer, case, arrays)


def forget(count):
    """Drop what a backend keeps of earlier cases; JAX would run out of memory maps otherwise."""
    keras.utils.clear_session(free_memory=False)
    if BACKEND == "jax" and count % 50 == 0:
        import jax

        jax.clear_caches()


def main():
    """Run every case that this backend can run, and save."""
    use_float64()
    cases = Cases()
    for count, (case, arrays) in enumerate([*recurrent_cases(), *layer_cases()]):
        try:
            results = run_case(case, arrays)
        except Exception as error:
            print(f"{case['id']} fails on {BACKEND}: {str(error).splitlines()[0][:150]}")
        else:
            cases.add(case, results)
        forget(count)
    cases.save("keras_family.npz")


if __name__ == "__main__":
    main()
