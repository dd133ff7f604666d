"""The cases of keras_family.npz that are not recurrent: the layers that recurrent models are built with."""

import numpy as np
from family_spec import case, changed, drawn, mask_of, rng_of, spelled

LENGTHS = {1: (6,), 2: (5, 4), 3: (4, 3, 4)}


def words(config):
    """A config as one word."""
    text = "_".join(f"{name[:5]}{value}" for name, value in config.items())
    return "".join(letter for letter in text if letter.isalnum() or letter in "_.") or "plain"


def simple(group, class_name, shape, *configs, call=None, **arrays):
    """A case for each config of a layer with one input."""
    for config in configs:
        case_id = f"{group}-{words(config)}" + ("-training" if call and call.get("training") else "")
        case_id += "-mask" * ("mask" in arrays)
        yield case(case_id, spelled(class_name, **config), {"x": shape} | arrays, call=call)


def with_gaps(case_id, shape, value):
    """Normal numbers of which two steps are `value` throughout, and one in its first feature alone."""
    x = drawn(rng_of(case_id + "/gaps"), shape)
    x[0, 1] = x[1, 3] = value
    x[1, 0, 0] = value
    return x


def masking():
    """Masking, and Embedding with mask_zero."""
    for config, value in (({}, 0.0), ({"mask_value": -1.5}, -1.5)):
        x = with_gaps("masking", (2, 5, 2), value)
        yield case(f"masking-{words(config)}", spelled("Masking", **config), {"x": x})
    words_read = np.array([[3, 1, 0, 0], [2, 0, 4, 3]])
    for name, config in (("plain", {}), ("zero", {"mask_zero": True})):
        layer = spelled("Embedding", input_dim=5, output_dim=3, **config)
        yield case(f"embedding-{name}", layer, {"x": words_read})


def shapes():
    """Layers that only move numbers about."""
    yield from simple("repeat", "RepeatVector", (2, 3), {"n": 1}, {"n": 4})
    yield from simple("permute", "Permute", (2, 3, 4), {"dims": [2, 1]}, {"dims": [1, 2]})
    yield from simple("permute4", "Permute", (2, 3, 2, 4), {"dims": [3, 1, 2]}, {"dims": [2, 3, 1]})
    paddings = [{}, {"padding": 2}, {"padding": [0, 3]}, {"padding": [2, 1], "data_format": "channels_first"}]
    yield from simple("zeropad", "ZeroPadding1D", (2, 4, 3), *paddings)
    yield from simple("crop", "Cropping1D", (2, 6, 2), {}, {"cropping": 2}, {"cropping": [0, 3]})
    yield from simple("up1", "UpSampling1D", (2, 3, 2), {}, {"size": 1}, {"size": 3})
    first = {"data_format": "channels_first"}
    yield from simple("up2", "UpSampling2D", (2, 3, 2, 2), {}, {"size": [3, 1]}, first)
    yield from simple("up2", "UpSampling2D", (1, 3, 2, 2), {"size": [2, 3], "interpolation": "bilinear"})
    yield from simple("up3", "UpSampling3D", (1, 2, 3, 2, 2), {}, {"size": [1, 2, 3]}, first)


def normalizations():
    """LayerNormalization, UnitNormalization, BatchNormalization, Normalization."""
    configs = [{}, {"axis": 1}, {"axis": [1, 2]}, {"center": False}, {"scale": False}, {"epsilon": 0.1}]
    configs += [
        {"center": False, "scale": False},
        {"rms_scaling": True},
        {"rms_scaling": True, "axis": [1, 2]},
    ]
    yield from simple("layernorm", "LayerNormalization", (2, 3, 4), *configs)
    yield from simple("layernorm2", "LayerNormalization", (3, 4), {}, {"axis": 1, "epsilon": 1e-6})
    yield from simple("unitnorm", "UnitNormalization", (2, 3, 4), {}, {"axis": 1}, {"axis": [1, 2]})
    configs = [{}, {"axis": 1}, {"momentum": 0.6}, {"epsilon": 0.05}, {"center": False}, {"scale": False}]
    configs += [{"trainable": False}]
    for training in (False, True):
        call = {"training": training}
        yield from simple("batchnorm", "BatchNormalization", (3, 4, 2), *configs, call=call)
        yield from simple("batchnorm2", "BatchNormalization", (5, 3), {}, call=call)
        masked = call | {"mask": "mask"}
        choices = [configs[0], configs[2], configs[5]]
        for name in ("right", "holes"):
            yield from simple(
                f"batchnorm_{name}",
                "BatchNormalization",
                (2, 5, 3),
                *choices,
                call=masked,
                mask=mask_of(name),
            )
    yield from adapted()


def adapted():
    """Normalization, adapted to data or told the mean and the variance."""
    for k, (shape, config) in enumerate(
        [
            ((3,), {}),
            ((3,), {"invert": True}),
            ((3,), {"axis": None}),
            ((4, 3), {}),
            ((4, 3), {"axis": 1}),
            ((4, 3), {"axis": [1, 2]}),
            ((4, 3), {"axis": [1, 2], "invert": True}),
        ]
    ):
        layer = spelled("Normalization", **config)
        arrays = {"x": (2, *shape), "data": (7, *shape)}
        yield case(f"normalization-{k}-{words(config)}", layer, arrays, adapt="data")
    given = {"mean": [0.5, -1.0, 2.0], "variance": [0.25, 2.0, 1.5]}
    yield from simple("normalization-given", "Normalization", (2, 3), given | {"invert": True}, given)
    scalar = {"axis": None, "mean": 0.5, "variance": 2.0}
    yield from simple("normalization-scalar", "Normalization", (2, 3), scalar)


def convolutions():
    """Conv1D, Conv2D, Conv3D."""
    for rank, lengths in LENGTHS.items():
        settings = [{}, {"padding": "same"}, {"strides": 2}, {"strides": 2, "padding": "same"}]
        settings += [{"dilation_rate": 2, "padding": "same"}, {"use_bias": False, "activation": "tanh"}]
        settings += [
            {"kernel_size": 1},
            {"groups": 2},
            {"activation": "softplus", "kernel_size": 3, "padding": "same"},
        ]
        if rank == 1:
            settings += [
                {"padding": "causal"},
                {"padding": "causal", "dilation_rate": 2},
                {"dilation_rate": 2},
            ]
            settings += [{"padding": "causal", "strides": 2}, {"kernel_size": 4, "padding": "same"}]
        base = spelled(f"Conv{rank}D", filters=2, kernel_size=2)
        for setting in settings:
            for order in ("", "first"):
                if order and (
                    "activation" in setting
                    or "kernel_size" in setting
                    or (setting.get("strides") == 2 and rank == 3)
                ):
                    continue
                layer = changed(base, **setting, **({"data_format": "channels_first"} if order else {}))
                shape = (2, 2, *lengths) if order else (2, *lengths, 2)
                yield case(f"convolve{rank}{order}-{words(setting)}", layer, {"x": shape})
    uneven = [{"kernel_size": [1, 3], "strides": [2, 1]}, {"kernel_size": [3, 2], "dilation_rate": [1, 2]}]
    for setting in uneven:
        layer = spelled("Conv2D", filters=3, **setting)
        yield case(f"convolve2-{words(setting)}", layer, {"x": (2, 5, 4, 2)})


def pooling():
    """Max, average and global pooling in one to three dimensions."""
    settings = [
        {},
        {"padding": "same"},
        {"pool_size": 3, "strides": 1},
        {"pool_size": 3, "strides": 2, "padding": "same"},
    ]
    settings += [{"pool_size": 1, "strides": 2}, {"pool_size": 3, "strides": 1, "padding": "same"}]
    for rank, lengths in LENGTHS.items():
        last, first = (2, *lengths, 2), (2, 2, *lengths)
        for kind in ("Max", "Average"):
            name = f"{kind}Pooling{rank}D"
            group = f"{kind.lower()}pool{rank}"
            needed = {"pool_size": 2} if kind == "Average" else {}
            chosen = [needed | setting for setting in settings[: 6 if rank < 3 else 3]]
            yield from simple(group, name, last, *chosen)
            channels = [setting | {"data_format": "channels_first"} for setting in chosen[:2]]
            yield from simple(group, name, first, *channels)
            name = f"Global{kind}Pooling{rank}D"
            yield from simple(f"global{kind.lower()}{rank}", name, last, {}, {"keepdims": True})
            channels = {"data_format": "channels_first"}
            yield from simple(f"global{kind.lower()}{rank}", name, first, channels)
    for kind in ("Max", "Average"):
        config = {"pool_size": [3, 2], "strides": [1, 2], "padding": "same"}
        yield from simple(f"{kind.lower()}pool2", f"{kind}Pooling2D", (2, 5, 4, 2), config)
    for pattern in ("right", "holes"):
        yield from simple(
            f"globalmask-{pattern}",
            "GlobalAveragePooling1D",
            (2, 5, 3),
            {},
            {"keepdims": True},
            call={"mask": "mask"},
            mask=mask_of(pattern),
        )


def dots():
    """Dot of two inputs."""
    choices = [((2, 3), (2, 3), 1), ((2, 3, 4), (2, 5, 4), 2), ((2, 3, 4), (2, 5, 4), [2, -1])]
    choices += [((2, 3, 4), (2, 3, 5), [1, 1]), ((2, 3, 4), (2, 4), [2, 1]), ((2, 4), (2, 3, 4), [1, 2])]
    for k, (left, right, axes) in enumerate(choices):
        for normalize in (False, True):
            layer = spelled("Dot", axes=axes, normalize=normalize)
            case_id = f"dot-{k}" + "-normalize" * normalize
            yield case(case_id, layer, {"x0": left, "x1": right}, args=[["x0", "x1"]])


QUERY = np.array([[1, 1, 0], [1, 1, 1]], dtype=np.int8)
VALUE = np.array([[1, 1, 1, 0], [0, 1, 0, 1]], dtype=np.int8)
FIRST = np.array([[1, 1, 1, 0], [1, 0, 1, 0]], dtype=np.int8)  # the first step valid, for causal masks


def attention():
    """Attention and AdditiveAttention."""
    layers = [("dot", spelled("Attention")), ("scaled", spelled("Attention", use_scale=True))]
    layers += [("concat", spelled("Attention", score_mode="concat"))]
    layers += [("both", spelled("Attention", score_mode="concat", use_scale=True, dropout=0.3))]
    layers += [("additive", spelled("AdditiveAttention"))]
    layers += [("unscaled", spelled("AdditiveAttention", use_scale=False))]
    inputs = {"x0": (2, 3, 2), "x1": (2, 4, 2)}
    three = inputs | {"x2": (2, 4, 2)}
    for name, layer in layers:
        yield case(f"attend-{name}", layer, inputs, args=[["x0", "x1"]])
        call = {"return_attention_scores": True}
        yield case(f"attend-{name}-key", layer, three, args=[["x0", "x1", "x2"]], call=call)
        masks = {"mask0": QUERY, "mask1": VALUE}
        call = {"mask": ["mask0", "mask1"]}
        yield case(f"attend-{name}-masks", layer, inputs | masks, args=[["x0", "x1"]], call=call)
        call = {"mask": [None, "mask1"], "return_attention_scores": True}
        yield case(f"attend-{name}-value", layer, inputs | {"mask1": VALUE}, args=[["x0", "x1"]], call=call)
        call = {"mask": ["mask0", None]}
        yield case(f"attend-{name}-query", layer, inputs | {"mask0": QUERY}, args=[["x0", "x1"]], call=call)
        call = {"use_causal_mask": True, "return_attention_scores": True}
        yield case(f"attend-{name}-causal", layer, inputs, args=[["x0", "x1"]], call=call)
        masks, call = {"mask0": QUERY, "mask1": FIRST}, {"mask": ["mask0", "mask1"], "use_causal_mask": True}
        yield case(f"attend-{name}-causal_masks", layer, inputs | masks, args=[["x0", "x1"]], call=call)


def multi_head():
    """MultiHeadAttention: its arguments, its masks, its scores."""
    configs = {
        "plain": {},
        "value": {"key_dim": 4, "value_dim": 3},
        "nobias": {"use_bias": False},
        "one": {"num_heads": 1},
    }
    configs |= {
        "shape": {"output_shape": 4},
        "all": {"num_heads": 3, "key_dim": 4, "value_dim": 1, "output_shape": 2},
    }
    configs |= {"dropout": {"dropout": 0.4}}
    inputs = {"x0": (2, 3, 3), "x1": (2, 4, 2)}
    for name, config in configs.items():
        layer = spelled("MultiHeadAttention", **{"num_heads": 2, "key_dim": 2} | config)
        yield case(f"heads-{name}", layer, inputs, args=["x0", "x1"])
        call = {"return_attention_scores": True}
        yield case(f"heads-{name}-scores", layer, inputs, args=["x0", "x1"], call=call)
    yield from multi_head_masks(inputs)


def multi_head_masks(inputs):
    """MultiHeadAttention to itself, with keys of their own, and with every mask."""
    layer = spelled("MultiHeadAttention", num_heads=2, key_dim=2)
    yield case("heads-self", layer, {"x": (2, 4, 3)}, args=["x", "x"])
    yield case("heads-key", layer, inputs | {"x2": (2, 4, 3)}, args=["x0", "x1", "x2"])
    full = np.array([[[1, 1, 0, 1], [1, 0, 0, 0], [0, 1, 1, 1]], [[1, 1, 1, 1], [0, 0, 1, 0], [1, 0, 1, 0]]])
    masks = {
        "query_mask": QUERY,
        "value_mask": VALUE,
        "key_mask": FIRST,
        "attention_mask": full.astype(np.int8),
    }
    chosen = [["query_mask"], ["value_mask"], ["key_mask"], ["attention_mask"], ["query_mask", "value_mask"]]
    for names in chosen:
        arrays, call = inputs | {name: masks[name] for name in names}, {name: name for name in names}
        for scores in (False, True) if len(names) == 1 and names[0][0] in "va" else (False,):
            case_id = f"heads-mask-{'_'.join(name.split('_')[0] for name in names)}" + "-scores" * scores
            extra = {"return_attention_scores": True} if scores else {}
            yield case(case_id, layer, arrays, args=["x0", "x1"], call=call | extra)
    for scores in (False, True):
        extra = {"return_attention_scores": True} if scores else {}
        call = {"use_causal_mask": True} | extra
        yield case("heads-causal" + "-scores" * scores, layer, {"x": (2, 4, 3)}, args=["x", "x"], call=call)
        call = call | {"value_mask": "value_mask"}
        arrays = {"x": (2, 4, 3), "value_mask": FIRST}
        yield case("heads-causal_value" + "-scores" * scores, layer, arrays, args=["x", "x"], call=call)


def activations():
    """Activations as layers."""
    yield from simple("softmax", "Softmax", (2, 3, 4), {}, {"axis": 1}, {"axis": [1, 2]})
    mask = {"mask": [[[1, 1, 0, 1], [1, 0, 0, 0], [1, 1, 1, 1]]] * 2}
    mask = {"mask": np.array(mask["mask"], dtype=np.int8)}
    call = {"mask": "mask"}
    yield from simple("softmax", "Softmax", (2, 3, 4), {}, {"axis": 1}, {"axis": [1, 2]}, call=call, **mask)
    configs = [{}, {"max_value": 0.6}, {"negative_slope": 0.3}, {"threshold": 0.4}]
    configs += [{"max_value": 0.8, "negative_slope": 0.2, "threshold": 0.3}]
    yield from simple("relu", "ReLU", (3, 8), *configs)
    yield from simple("leaky", "LeakyReLU", (3, 6), {}, {"negative_slope": 0.05})
    yield from simple("prelu", "PReLU", (3, 4, 2), {}, {"shared_axes": [1]}, {"shared_axes": [1, 2]})
    yield from simple("elu", "ELU", (3, 6), {}, {"alpha": 0.4})
    configs = [{"l1": 0.3}, {"l2": 0.2}, {"l1": 0.1, "l2": 0.4}]
    yield from simple("activityreg", "ActivityRegularization", (3, 4), *configs)
    yield from simple("activityreg3", "ActivityRegularization", (2, 3, 4), configs[2])


CARRIED = {
    "Dense": {"units": 2},
    "Activation": {"activation": "tanh"},
    "Softmax": {},
    "ReLU": {},
    "LeakyReLU": {},
    "PReLU": {},
    "ELU": {},
    "Dropout": {"rate": 0.3},
    "SpatialDropout1D": {"rate": 0.3},
    "GaussianNoise": {"stddev": 0.3},
    "GaussianDropout": {"rate": 0.3},
    "ActivityRegularization": {"l2": 0.1},
    "LayerNormalization": {},
    "BatchNormalization": {},
    "UnitNormalization": {},
    "Masking": {},
    "Permute": {"dims": [2, 1]},
    "Flatten": {},
    "Reshape": {"target_shape": [3, 5]},
    "Conv1D": {"filters": 2, "kernel_size": 2, "padding": "same"},
    "MaxPooling1D": {},
    "AveragePooling1D": {"pool_size": 2},
    "GlobalMaxPooling1D": {},
    "GlobalAveragePooling1D": {},
    "UpSampling1D": {},
    "ZeroPadding1D": {},
    "Cropping1D": {},
    "TimeDistributed": {"layer": spelled("Dense", units=2)},
}
MERGED = [("Add", {}), ("Multiply", {}), ("Average", {}), ("Maximum", {}), ("Subtract", {}), ("Minimum", {})]
MERGED += [("Concatenate", {"axis": -1}), ("Concatenate", {"axis": 1}), ("Dot", {"axes": 2})]


def carried():
    """What becomes of the mask of an input that no call is told of."""
    for name, config in CARRIED.items():
        arrays = {"x": (2, 5, 3), "mask": mask_of("holes")}
        yield case(f"carry-{name}", spelled(name, **config), arrays, carry="mask")
    for name, config in MERGED:
        arrays = {"x0": (2, 5, 3), "x1": (2, 5, 3), "mask0": mask_of("holes"), "mask1": mask_of("right")}
        for second in ("mask1", None):
            word = f"{name}{config.get('axis', '')}".replace("-1", "") + "-one" * (second is None)
            kept = {key: value for key, value in arrays.items() if second or key != "mask1"}
            layer = spelled(name, **config)
            yield case(f"carry-{word}", layer, kept, args=[["x0", "x1"]], carry=["mask0", second])


def noise():
    """Random layers where they are not in training."""
    for name, config in (("SpatialDropout1D", {"rate": 0.4}), ("GaussianNoise", {"stddev": 0.3})):
        yield from simple(f"quiet{name}", name, (2, 3, 2), config, call={"training": False})
    yield from simple(
        "quietGaussianDropout", "GaussianDropout", (2, 3, 2), {"rate": 0.4}, call={"training": False}
    )
    yield from simple("quietDropout", "Dropout", (2, 3, 2), {"rate": 0.4}, call={"training": False})


def layer_cases():
    """All of them."""
    groups = [masking, shapes, normalizations, convolutions, pooling, dots, attention, multi_head]
    for group in [*groups, activations, noise, carried]:
        yield from group()
