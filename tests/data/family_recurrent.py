"""The recurrent cases of keras_family.npz: cells, layers, wrappers, masks, states.

Letters at the end of an id are flags: s return_sequences, r return_state, b go_backwards,
z zero_output_for_mask, u unroll, i an initial_state is passed.
"""

import itertools

from family_spec import case, changed, mask_of, rng_of, sequence, spelled, state_names, state_shapes

KINDS = {
    "lstm": spelled("LSTM", units=2),
    "gru": spelled("GRU", units=2),
    "gru0": spelled("GRU", units=2, reset_after=False),
    "rnn": spelled("SimpleRNN", units=2),
}
CELLS = {
    "lstm": spelled("LSTMCell", units=2),
    "gru": spelled("GRUCell", units=2),
    "gru0": spelled("GRUCell", units=2, reset_after=False),
    "rnn": spelled("SimpleRNNCell", units=2),
}
FLAGS = {
    "s": "return_sequences",
    "r": "return_state",
    "b": "go_backwards",
    "z": "zero_output_for_mask",
    "u": "unroll",
}
ACTIVATIONS = ["relu", "sigmoid", "linear", None, "softsign", "softplus", "elu", "selu", "gelu"]
ACTIVATIONS += ["silu", "hard_sigmoid", "leaky_relu", "mish", "hard_tanh", "relu6", "hard_silu"]
GATES = ["hard_sigmoid", "tanh", "linear", None, "softsign", "relu"]
SHAPES = [(2, 4, 2), (3, 3, 2), (1, 6, 3), (2, 5, 1), (3, 4, 3), (2, 1, 2)]
PATTERN_NAMES = ["right", "left", "holes", "empty", "first", "full"]
MERGES = ["concat", "sum", "mul", "ave", None]


def flagged(layer, letters):
    """The layer with the arguments that the letters stand for."""
    return changed(layer, **{FLAGS[letter]: True for letter in letters if letter in FLAGS})


def subsets(letters):
    """Every selection of the letters, as words."""
    for chosen in itertools.product((False, True), repeat=len(letters)):
        yield "".join(itertools.compress(letters, chosen))


def named(*parts):
    """An id of parts; empty ones are left out."""
    return "-".join(str(part) for part in parts if part != "")


def flag_case(name, layer, letters, **options):
    """A sequence case whose id ends in the letters of its flags."""
    return sequence(named(name, letters), flagged(layer, letters), init="i" in letters, **options)


# ---- one layer without masks ----------------------------------------------------------------------


def activations():
    """Every layer with every activation."""
    shapes, letters = itertools.cycle(SHAPES[:5]), itertools.cycle(["s", "r", "", "sri"])
    for kind, layer in KINDS.items():
        for name in ACTIVATIONS if kind != "gru0" else ACTIVATIONS[:4]:
            config = changed(layer, activation=name)
            yield flag_case(f"act-{kind}-{name}", config, next(letters), shape=next(shapes))
        for name in GATES if kind != "rnn" else []:
            config = changed(layer, recurrent_activation=name)
            yield flag_case(f"gate-{kind}-{name}", config, next(letters), shape=next(shapes))


def sizes():
    """Every layer with various sizes, one step among them."""
    for kind, layer in KINDS.items():
        for units, shape, letters in zip((1, 3, 2, 3), SHAPES[2:], ("sr", "", "s", "ri"), strict=True):
            name = f"size-{kind}-u{units}-b{shape[0]}-t{shape[1]}-f{shape[2]}"
            yield flag_case(name, changed(layer, units=units), letters, shape=shape)


def flags():
    """Every layer with every selection of the flags that matter without a mask."""
    for kind, layer in KINDS.items():
        for letters in subsets("srbi" if kind == "lstm" else "sbi"):
            yield flag_case(f"flag-{kind}", layer, letters, shape=(2, 4, 2))
        for letters in ("u", "srbu", "z", "sz", "srbui"):
            yield flag_case(f"flag-{kind}", layer, letters, shape=(2, 4, 2))


def arguments():
    """The other arguments, those that change nothing at inference among them."""
    both = {"dropout": 0.3, "recurrent_dropout": 0.4}
    settings = [{"implementation": 1}, {"trainable": False}, {"seed": 7}, {"dtype": "float64"}]
    settings += [{"dropout": 0.3}, {"recurrent_dropout": 0.4}, both, {"dropout": 1.0}]
    settings += [{"use_bias": False}, {"use_bias": False, "go_backwards": True, "return_sequences": True}]
    for kind, layer in KINDS.items():
        for setting in settings:
            if kind == "rnn" and "implementation" in setting:
                continue
            words = [word.replace("_", "") for pair in setting.items() for word in map(str, pair)]
            yield flag_case(f"arg-{kind}-{'_'.join(words)}", changed(layer, **setting), "r", shape=(2, 3, 2))
        layer = changed(layer, use_bias=False)
        yield flag_case(f"arg-{kind}-nobias", layer, "sri", shape=(2, 3, 2), call={"training": True})
        yield flag_case(f"arg-{kind}-nobias", layer, "sz", pattern="holes")
        if kind != "rnn":
            layer = changed(layer, activation="elu", recurrent_activation="hard_sigmoid")
            yield flag_case(f"arg-{kind}-nobias_elu_hard", layer, "srb", shape=(2, 3, 2))
    layer = changed(KINDS["lstm"], unit_forget_bias=False)
    yield flag_case("arg-lstm-noforget", layer, "sr", shape=(2, 3, 2))


def initializers():
    """Weights as the initializers leave them, where these draw nothing."""
    kernel, half = spelled("Constant", value=0.3), spelled("Constant", value=0.5)
    given = {"kernel_initializer": kernel, "recurrent_initializer": spelled("Identity", gain=0.5)}
    for kind, layer in KINDS.items():
        for name, bias in (
            ("default", {}),
            ("ones", {"bias_initializer": "ones"}),
            ("half", {"bias_initializer": half}),
        ):
            yield flag_case(f"init-{kind}-{name}", changed(layer, **given, **bias), "sr", init_weights=True)
    for name, bias in (("zeros", "zeros"), ("half", half)):
        layer = changed(KINDS["lstm"], **given, bias_initializer=bias, unit_forget_bias=False)
        yield flag_case(f"init-lstm-noforget_{name}", layer, "sr", init_weights=True)


def activity():
    """Activity regularizers act on every tensor returned."""
    for kind, regularizer in (
        ("lstm", spelled("L2", l2=0.3)),
        ("gru", "l1"),
        ("rnn", spelled("L1L2", l1=0.1, l2=0.2)),
    ):
        for letters in ("", "s", "sr"):
            layer = changed(KINDS[kind], activity_regularizer=regularizer)
            yield flag_case(f"activity-{kind}", layer, letters, shape=(3, 4, 2))
    layer = changed(KINDS["lstm"], activity_regularizer=spelled("L2", l2=0.3))
    yield flag_case("activity-lstm-mask", layer, "s", pattern="right")
    layer = spelled("Bidirectional", layer=KINDS["gru"], activity_regularizer=spelled("L2", l2=0.3))
    yield sequence("activity-bi", layer)


# ---- masks ----------------------------------------------------------------------------------------


def masks():
    """LSTM: every pattern with every selection of flags. The others: a quarter, spread over all of them."""
    for kind, (pattern, letters) in itertools.product(
        KINDS, itertools.product(PATTERN_NAMES, subsets("srbzi"))
    ):
        places = sum({"s": 1, "r": 2, "z": 4, "b": 1, "i": 1}[letter] for letter in letters)
        places += PATTERN_NAMES.index(pattern)
        if kind != "lstm" and pattern == "full":
            continue
        if kind == "lstm" or places % 4 == ("gru", "gru0", "rnn").index(kind):
            yield flag_case(f"mask-{kind}-{pattern}", KINDS[kind], letters, pattern=pattern)


def unrolled_masks():
    """unroll with masks, as far as two backends can do it."""
    choices = [("right", "ur"), ("right", "suz"), ("left", "sru"), ("holes", "suri"), ("first", "zu")]
    choices += [("first", "szui"), ("empty", "szur"), ("holes", "bus"), ("right", "bu")]
    for (pattern, letters), kind in itertools.product(choices, ("lstm", "gru")):
        yield flag_case(f"unroll-{kind}-{pattern}", KINDS[kind], letters, pattern=pattern)


# ---- cells ----------------------------------------------------------------------------------------

STACKS = {
    "lstm_lstm": [changed(CELLS["lstm"], units=3), CELLS["lstm"]],
    "gru_lstm": [CELLS["gru"], changed(CELLS["lstm"], units=3)],
    "rnn_gru0": [changed(CELLS["rnn"], units=1), CELLS["gru0"]],
    "lstm_gru_rnn": [CELLS["lstm"], changed(CELLS["gru"], units=3), CELLS["rnn"]],
}


def rnn_of_cells():
    """RNN(cell) for one cell, and for stacked ones, with masks and states."""
    cells = CELLS | {name: spelled("StackedRNNCells", cells=cells) for name, cells in STACKS.items()}
    for name, cell in cells.items():
        layer = spelled("RNN", cell=cell)
        for letters in ("", "sri", "rb"):
            yield flag_case(f"cell-{name}", layer, letters, shape=(2, 4, 2))
        choices = [("first", "sri"), ("left", "szr"), ("right", "srbi"), ("empty", "srb"), ("holes", "r")]
        for pattern, letters in choices if name in STACKS else choices[:3]:
            yield flag_case(f"cell-{name}-{pattern}", layer, letters, pattern=pattern)
    yield flag_case("cell-list", spelled("RNN", cell=STACKS["gru_lstm"]), "sr", shape=(2, 4, 2))
    yield flag_case("cell-list", spelled("RNN", cell=STACKS["lstm_gru_rnn"]), "sri", pattern="right")
    for letters in ("", "sri"):
        layer = spelled("RNN", cell=spelled("StackedRNNCells", cells=[CELLS["lstm"]]))
        yield flag_case("cell-single", layer, letters, shape=(2, 4, 2))


def cell_arguments():
    """The arguments of the cells themselves."""
    settings = [{"use_bias": False}, {"activation": "elu"}, {"units": 3}, {"implementation": 1}]
    for kind, cell in CELLS.items():
        for setting in settings[: 3 if kind == "rnn" else 4]:
            word = "_".join(map(str, next(iter(setting.items())))).replace("-", "")
            layer = spelled("RNN", cell=changed(cell, **setting), return_sequences=True)
            yield sequence(f"cellarg-{kind}-{word}", layer, shape=(2, 3, 2))
    layer = spelled("RNN", cell=changed(CELLS["lstm"], recurrent_activation="hard_sigmoid"))
    yield sequence("cellarg-lstm-hard", layer, shape=(2, 3, 2))


def bare_cells():
    """One step of a cell: cell(x, states)."""
    cells = CELLS | {name: spelled("StackedRNNCells", cells=cells) for name, cells in STACKS.items()}
    cells |= {f"{kind}_nobias": changed(cell, use_bias=False) for kind, cell in CELLS.items()}
    for name, cell in cells.items():
        nested = state_shapes(cell, (3, 2))
        names, arrays = state_names(nested)
        yield case(f"step-{name}", cell, {"x": (3, 2)} | arrays, args=["x", names])


# ---- wrappers -------------------------------------------------------------------------------------


def bidirectional():
    """Every merge mode, masked or not, with every selection of what is returned."""
    patterns = itertools.cycle(["right", "left", "holes", "empty", "first"])
    for kind, layer in KINDS.items():
        for k, (mode, masked, letters) in enumerate(itertools.product(MERGES, (False, True), subsets("sr"))):
            if (k + k // 4 + (kind == "gru")) % {"lstm": 1, "gru": 2, "gru0": 4, "rnn": 3}[kind]:
                continue
            pattern = next(patterns) if masked else None
            wrapper = spelled("Bidirectional", layer=flagged(layer, letters), merge_mode=mode)
            shape = (2, 5, 2) if masked else (2, 4, 2)
            yield sequence(
                named("bi", kind, mode, pattern or "", letters), wrapper, shape=shape, pattern=pattern
            )


def bidirectional_states():
    """Initial states, own backward layers and a forward layer that goes backwards."""
    for kind, layer in KINDS.items():
        for pattern, letters in ((None, "sr"), ("right", "sr"), ("holes", "r"), ("left", "s")):
            wrapper = spelled("Bidirectional", layer=flagged(layer, letters))
            yield sequence(
                named("bistate", kind, pattern or "", letters), wrapper, pattern=pattern, init=True
            )
    pairs = [("lstm", "lstm"), ("gru", "gru0"), ("rnn", "gru"), ("gru", "rnn")]
    for (forward, backward), letters in itertools.product(pairs, ("s", "sr")):
        back = flagged(changed(KINDS[backward], units=3), letters + "b")
        wrapper = spelled("Bidirectional", layer=flagged(KINDS[forward], letters), backward_layer=back)
        yield sequence(named("biown", forward, backward, letters), wrapper, shape=(2, 4, 2))
        yield sequence(named("biown", forward, backward, "right", letters), wrapper, pattern="right")
    for mode in ("concat", "sum"):
        layer, back = (
            flagged(KINDS["lstm"], "sb"),
            flagged(changed(KINDS["lstm"], activation="softsign"), "s"),
        )
        wrapper = spelled("Bidirectional", layer=layer, backward_layer=back, merge_mode=mode)
        yield sequence(named("biown", "swapped", mode), wrapper, pattern="holes")
    for letters in ("sz", "z"):
        wrapper = spelled("Bidirectional", layer=flagged(KINDS["lstm"], letters))
        yield sequence(named("bizero", letters), wrapper, pattern="right")


def bidirectional_cells():
    """Bidirectional around RNN(cell) and around ConvLSTM."""
    for name in ("lstm", "gru"):
        layer = spelled("RNN", cell=CELLS[name], return_sequences=True, return_state=True)
        wrapper = spelled("Bidirectional", layer=layer)
        yield sequence(named("bicell", name), wrapper, pattern="left")
    layer = spelled("RNN", cell=spelled("StackedRNNCells", cells=STACKS["gru_lstm"]), return_sequences=True)
    yield sequence("bicell-stack", spelled("Bidirectional", layer=layer), pattern="right")
    layer, shape = changed(CONV[1][0], return_sequences=True), CONV[1][1]
    yield sequence("bicell-conv", spelled("Bidirectional", layer=layer, merge_mode="ave"), shape=shape)


def time_distributed():
    """TimeDistributed around layers that take masks and layers that do not."""
    dense = spelled("Dense", units=3, activation="tanh")
    inner = {
        "dense": (dense, (2, 3, 2)),
        "dense4": (dense, (2, 3, 2, 2)),
        "conv": (spelled("Conv1D", filters=2, kernel_size=2), (2, 3, 4, 2)),
        "norm": (spelled("LayerNormalization"), (2, 3, 4)),
        "pool": (spelled("MaxPooling1D"), (2, 3, 4, 2)),
        "nested": (spelled("TimeDistributed", layer=dense), (2, 2, 3, 2)),
        "flatten": (spelled("Flatten"), (2, 3, 2, 2)),
        "bi": (spelled("Bidirectional", layer=KINDS["gru"]), (2, 2, 4, 2)),
    }
    inner |= {kind: (flagged(layer, "s"), (2, 3, 4, 2)) for kind, layer in KINDS.items()}
    inner["lstm_last"] = (KINDS["lstm"], (2, 3, 4, 2))
    for name, (layer, shape) in inner.items():
        yield case(f"time-{name}", spelled("TimeDistributed", layer=layer), {"x": shape})
    call = {"mask": "mask"}
    arrays = {"x": (2, 5, 2), "mask": mask_of("holes")}
    yield case("time-dense-mask", spelled("TimeDistributed", layer=dense), arrays, call=call)
    inner_mask = [mask_of("right"), mask_of("holes"), mask_of("left")]
    arrays = {"x": (2, 3, 5, 2), "mask": [[mask[row] for mask in inner_mask] for row in range(2)]}
    for name in ("lstm", "gru", "rnn", "lstm_last", "bi"):
        wrapper = spelled("TimeDistributed", layer=inner[name][0])
        yield case(f"time-{name}-mask", wrapper, arrays, call=call)


# ---- ConvLSTM -------------------------------------------------------------------------------------

CONV = {
    1: (spelled("ConvLSTM1D", filters=2, kernel_size=3), (2, 3, 6, 2)),
    2: (spelled("ConvLSTM2D", filters=2, kernel_size=2), (2, 3, 4, 3, 1)),
    3: (spelled("ConvLSTM3D", filters=1, kernel_size=2), (1, 2, 3, 2, 3, 1)),
}


def first_channels(shape):
    """The shape of a sequence of images with the channels before the axes of space."""
    return (*shape[:2], shape[-1], *shape[2:-1])


def conv_lstm():
    """The arguments of ConvLSTM1D, 2D and 3D."""
    window = [{"padding": "same"}, {"strides": 2}, {"strides": 2, "padding": "same"}]
    window += [{"dilation_rate": 2, "padding": "same"}]
    other = [{"use_bias": False}, {"activation": "softsign"}, {"recurrent_activation": "hard_sigmoid"}]
    other += [{"unit_forget_bias": False, "go_backwards": True}, {"kernel_size": 1}]
    for rank, (layer, shape) in CONV.items():
        letters = itertools.cycle(["s", "sr", "", "r"])
        settings = [{}, *window, *other[: 5 if rank < 3 else 2]]
        for setting in settings:
            words = (
                "_".join(f"{name[:4]}{value}" for name, value in setting.items()).replace("-", "") or "plain"
            )
            yield flag_case(f"conv{rank}-{words}", changed(layer, **setting), next(letters), shape=shape)
        for setting in [{}, *window]:
            words = "_".join(f"{name[:4]}{value}" for name, value in setting.items()) or "plain"
            config = changed(layer, data_format="channels_first", **setting)
            yield flag_case(f"conv{rank}-first_{words}", config, next(letters), shape=first_channels(shape))
        for flag in ("i", "sri", "srbi"):
            config = changed(layer, padding="same", strides=2 if flag == "i" else 1)
            yield flag_case(f"conv{rank}-state", config, flag, shape=shape)
    yield from conv_lstm_windows()


def conv_lstm_windows():
    """Windows that differ from axis to axis, dilation without padding, and masks."""
    layer, shape = CONV[2]
    windows = [{"kernel_size": [1, 3], "padding": "same"}, {"kernel_size": [3, 1], "strides": [2, 1]}]
    windows += [
        {"kernel_size": [2, 2], "dilation_rate": [2, 1]},
        {"kernel_size": [3, 2], "strides": [1, 2], "padding": "same"},
    ]
    for k, window in enumerate(windows):
        yield flag_case(f"conv2-window{k}", changed(layer, **window), "sr", shape=shape)
    layer, shape = CONV[1]
    yield flag_case("conv1-dilated", changed(layer, dilation_rate=2), "sr", shape=shape)
    for pattern, letters in (("right", "sr"), ("holes", "srb"), ("first", "szr"), ("left", "ri")):
        long = (2, 5, *shape[2:])
        yield flag_case(f"conv1-mask_{pattern}", layer, letters, shape=long, pattern=pattern)


# ---- stateful layers and dropout ------------------------------------------------------------------


def stateful():
    """Three batches; the states go from each to the next, unless they are reset or passed."""
    plain = {"": ("", "", ""), "reset": ("", "", "r"), "passed": ("", "i", ""), "mask": ("m", "m", "m")}
    for kind, layer in KINDS.items():
        for (name, steps), letters in zip(plain.items(), ("sr", "s", "r", "srb"), strict=True):
            config = flagged(changed(layer, stateful=True), letters)
            yield batches(named("state", kind, name, letters), config, steps)
        yield batches(named("state", kind, "b"), flagged(changed(layer, stateful=True), "b"), ("", "", ""))
    layer = spelled("RNN", cell=CELLS["gru"], stateful=True)
    yield batches("state-cell", layer, ("", "", "r"))
    layer = spelled("Bidirectional", layer=changed(KINDS["lstm"], stateful=True, return_sequences=True))
    yield batches("state-bi", layer, ("", "", "r"))
    layer = changed(CONV[1][0], stateful=True, padding="same", return_state=True)
    yield batches("state-conv", layer, ("", "", "r"), shape=(2, 2, 4, 1))


def batches(case_id, layer, steps, shape=(2, 5, 2)):
    """A stateful case; a word for each batch: m masked, r reset before it, i with an initial_state."""
    arrays, calls = {}, []
    for k, (word, pattern) in enumerate(zip(steps, ("right", "holes", "left"), strict=True)):
        arrays[f"b{k}/x"], call = shape, {}
        if "m" in word:
            arrays[f"b{k}/mask"], call["mask"] = mask_of(pattern), "mask"
        if "i" in word:
            call["initial_state"], states = state_names(state_shapes(layer, shape))
            arrays |= {f"b{k}/{name}": state for name, state in states.items()}
        calls.append({"reset": "r" in word, "call": call})
    return case(case_id, layer, arrays, batches=calls)


RATES = {"dropout": 0.25, "recurrent_dropout": 0.5}


def dropped(case_id, layer, cells, **options):
    """A case in training with given dropout masks: zeros, and 1/keep elsewhere.

    `cells` has for each cell (how many masks, shape of its input, shape of its state or None).
    """
    parts, arrays = sequence(case_id, layer, call={"training": True}, **options)
    rng, listed, count = rng_of(case_id + "/dropout"), [], 0
    for gates, *shapes in cells:
        listed.append({})
        for (name, rate), shape in zip(RATES.items(), shapes, strict=True):
            if shape:
                names = [f"m{count + k}" for k in range(gates)]
                masks = [(rng.uniform(size=shape) >= rate) / (1 - rate) for _ in names]
                arrays |= dict(zip(names, masks, strict=True))
                listed[-1][name], count = names, count + gates
    return parts | {"dropout": listed}, arrays


GATE_COUNTS = {"lstm": 4, "gru": 3, "gru0": 3, "rnn": 1}


def dropout():
    """Layers in training, the random masks replaced by given ones."""
    for kind, layer in KINDS.items():
        gates, both = GATE_COUNTS[kind], changed(layer, **RATES)
        one = [(gates, (2, 2), (2, 2))]
        for letters, pattern in (("sr", None), ("", "holes"), ("srb", "right")):
            case_id = named("drop", kind, "both", pattern or "", letters)
            yield dropped(case_id, flagged(both, letters), one, pattern=pattern)
        config = changed(layer, dropout=0.25, return_sequences=True)
        yield dropped(named("drop", kind, "input", "s"), config, [(1, (2, 2), None)])
        config = spelled("RNN", cell=changed(CELLS[kind], **RATES), return_state=True)
        yield dropped(named("drop", kind, "cell"), config, one, init=True)
        if kind != "rnn":
            config = changed(layer, dropout=0.25, implementation=1)
            yield dropped(named("drop", kind, "input_gates"), config, [(gates, (2, 2), None)])
    yield from nested_dropout()


def nested_dropout():
    """Dropout in both directions, in stacked cells and in ConvLSTM."""
    wrapper = spelled("Bidirectional", layer=changed(KINDS["gru"], **RATES, return_sequences=True))
    yield dropped("drop-bi", wrapper, [(3, (2, 2), (2, 2))] * 2)
    wrapper = spelled("Bidirectional", layer=changed(KINDS["lstm"], **RATES))
    yield dropped("drop-bi-right", wrapper, [(4, (2, 2), (2, 2))] * 2, pattern="right")
    cells = [changed(CELLS["gru"], **RATES), changed(CELLS["lstm"], **RATES, units=3)]
    layer = spelled("RNN", cell=spelled("StackedRNNCells", cells=cells), return_sequences=True)
    yield dropped("drop-stack", layer, [(3, (2, 2), (2, 2)), (4, (2, 2), (2, 3))])
    for rank in (1, 2):
        layer, shape = CONV[rank]
        (state, _) = state_shapes(layer, shape)
        cells = [(4, (shape[0], *shape[2:]), state)]
        yield dropped(f"drop-conv{rank}", changed(layer, **RATES), cells, shape=shape)


def recurrent_cases():
    """All of them."""
    groups = [activations, sizes, flags, arguments, initializers, activity, masks, unrolled_masks]
    groups += [rnn_of_cells, cell_arguments, bare_cells, bidirectional, bidirectional_states]
    groups += [bidirectional_cells, time_distributed, conv_lstm, stateful, dropout]
    for group in groups:
        yield from group()
