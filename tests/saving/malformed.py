"""Files that are no whole model, made by hand: how each is made, and what its refusal must say."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import pickle
import zipfile

import numpy as np
from saving.mutate import header_of, signed

from tinygraph import nn
from tinygraph.saving.container import UNSIGNED

#: name -> (bytes of the file, from those of a whole one; what the message has)
CASES = {}


def case(told, name=None):
    """Declare what makes a malformed file, by the name of its function."""

    def declare(make):
        CASES[name or make.__name__] = (make, told)
        return make

    return declare


def small_model():
    """What the cases start from: two layers, the state of an optimizer, a history."""
    nn.clear_session()
    x = nn.Input((2,), name="x")
    model = nn.Model(x, nn.Dense(3, name="out")(nn.Dense(3, name="first")(x)), name="m")
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((4, 2)), np.ones((4, 3)), epochs=2, verbose=0)
    return model


def with_header(text, data=b""):
    """A file of this header, as it stands."""
    text = text if isinstance(text, bytes) else text.encode()
    return len(text).to_bytes(8, "little") + text + data


def resigned(text, values):
    """A file of a header's text, with the right digest in the place of ``UNSIGNED``."""
    lead = with_header(text, values)
    return lead.replace(UNSIGNED.encode(), hashlib.sha256(lead).hexdigest().encode())


def text_of(whole):
    """The text of the header with an empty digest, and the values."""
    header, values = header_of(whole)
    header["__metadata__"]["digest"] = UNSIGNED
    return json.dumps(header, separators=(",", ":")), values


# Bytes.

case("header says", "empty")(lambda whole: b"")
case("header says", "one_byte")(lambda whole: b"t")
case("header says", "no_header")(lambda whole: whole[:8])
case("header says", "cut_in_the_header")(lambda whole: whole[:500])
case("no whole safetensors file", "cut_in_the_arrays")(lambda whole: whole[:-4])
case("header: no JSON", "zeros")(lambda whole: bytes(1000))
case("header says", "ones")(lambda whole: b"\xff" * 1000)
case("header says", "endless_header")(lambda whole: (2**64 - 1).to_bytes(8, "little") + whole[8:])
case("no whole safetensors file", "more_at_the_end")(lambda whole: whole + bytes(8))
case("header says", "a_text")(lambda whole: b"This is no model." * 10**6)
case("HDF5 or a zip", "an_hdf5_file")(lambda whole: b"\x89HDF\r\n\x1a\n" + whole)
case("header says", "a_pickle")(lambda whole: pickle.dumps({"model": [1, 2, 3]}))
case("damaged", "a_bit_flipped")(lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]))
case("no JSON", "two_files")(lambda whole: whole[:1000] + whole)


@case("HDF5 or a zip")
def an_npz_bomb(whole):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("arr_0.npy", bytes(2**26))
    return file.getvalue()


# Headers.

case("header: no JSON", "header_of_bytes")(lambda whole: with_header(b"\xff\xfe{}" * 9))
case("no whole safetensors file", "header_of_a_list")(lambda whole: with_header("[1, 2]"))
case("nested too deeply", "header_too_deep")(lambda whole: with_header("[" * 30_000))
case("more than a model needs", "header_too_long")(lambda whole: with_header('{"x":"' + "x" * 2**24 + '"}'))
case("more than a model needs", "too_many_arrays")(lambda whole: with_header('{"":[' + "{}," * 400_000))
case("header: no JSON", "header_of_utf16")(lambda whole: with_header('{"a":1}'.encode("utf-16")))


@case("stands there twice")
def an_array_twice(whole):
    text, values = text_of(whole)
    name = next(name for name in header_of(whole)[0] if name != "__metadata__")
    entry = json.dumps({name: header_of(whole)[0][name]}, separators=(",", ":"))
    return resigned(f"{entry[:-1]},{text[1:]}", values)


@case("stands there twice")
def two_descriptions(whole):
    text, values = text_of(whole)
    return resigned(text.replace('"format":', '"model":"null","format":', 1), values)


@case("damaged")
def another_digest(whole):
    return with_header(*[part.encode() if isinstance(part, str) else part for part in text_of(whole)])


@case("damaged")
def no_digest(whole):
    header, values = header_of(whole)
    del header["__metadata__"]["digest"]
    return with_header(json.dumps(header), values)


def header_case(told):
    """Declare what changes the header of a file, which is then signed."""

    def declare(change):
        def make(whole):
            header, values = header_of(whole)
            others = change(header, header["__metadata__"])
            return signed(header, values if others is None else others)

        make.__name__ = change.__name__
        return case(told)(make)

    return declare


def kernel(header):
    """What the header says of the kernel of the first layer."""
    return header["weights/0000/first/kernel"]


@header_case("no whole safetensors file")
def overlapping_arrays(header, metadata):
    kernel(header)["data_offsets"] = header["weights/0001/first/bias"]["data_offsets"]


@header_case("no whole safetensors file")
def an_array_beyond_the_end(header, metadata):
    kernel(header)["data_offsets"][1] += 10**6


@header_case("no whole safetensors file")
def an_array_before_the_start(header, metadata):
    kernel(header)["data_offsets"][0] = -8


@header_case("no whole safetensors file")
def an_array_that_ends_before_it_begins(header, metadata):
    kernel(header)["data_offsets"].reverse()


@header_case("no whole safetensors file")
def an_offset_that_overflows(header, metadata):
    kernel(header)["data_offsets"][1] = 2**64


@header_case("no whole safetensors file")
def a_shape_that_overflows(header, metadata):
    kernel(header)["shape"] = [2**33, 2**33]


@header_case("no whole safetensors file")
def a_huge_shape(header, metadata):
    kernel(header)["shape"] = [10**6, 10**6]


@header_case("no whole safetensors file")
def a_shape_below_zero(header, metadata):
    kernel(header)["shape"] = [-2, -3]


@header_case("no whole safetensors file")
def a_dtype_that_there_is_not(header, metadata):
    kernel(header)["dtype"] = "F33"


@header_case("expected first/kernel of shape (2, 3), float32, got weights/0000/first/kernel of (2, 3), int32")
def a_dtype_of_whole_numbers(header, metadata):
    kernel(header)["dtype"] = "I32"


@header_case("NumPy does not have")
def a_dtype_that_numpy_has_not(header, metadata):
    kernel(header).update(dtype="F8_E4M3", shape=[24])


@header_case("the weights of another model: Model 'm' expected first/kernel of shape (2, 3), float32, got")
def a_kernel_turned_round(header, metadata):
    kernel(header)["shape"].reverse()


@header_case("expected first/kernel of shape (2, 3), float32, got weights/0000/first/gamma of (2, 3)")
def an_array_of_another_name(header, metadata):
    header["weights/0000/first/gamma"] = header.pop("weights/0000/first/kernel")


@header_case("expected arrays of weights, optimizer, served, draws, states, training, got 'more'")
def an_array_more(header, metadata):
    header["more"] = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}


@header_case("optimizer/adam/iterations of shape (), int64, got optimizer/0000/x")
def a_state_of_another_optimizer(header, metadata):
    header["optimizer/0000/x"] = header.pop(
        next(name for name in header if name.startswith("optimizer/0000"))
    )


@header_case("needs more bytes than the arrays of the file have")
def no_arrays(header, metadata):
    for name in [name for name in header if name != "__metadata__"]:
        del header[name]
    return b""


@header_case("expected arrays of weights, optimizer, served, draws, states, training, got 'x0'")
def many_arrays(header, metadata):
    header.update({f"x{k}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for k in range(37_000)})


@header_case("reads up to")
def a_newer_version(header, metadata):
    metadata["version"] = "99"


@header_case("expected a file of tinygraph")
def a_version_in_words(header, metadata):
    metadata["version"] = "one"


@header_case("expected a file of tinygraph, got format 'pt'")
def another_format(header, metadata):
    metadata["format"] = "pt"


@header_case("no whole safetensors file")
def metadata_of_numbers(header, metadata):
    metadata["model"] = 7


@header_case("it has weights and no model")
def no_model(header, metadata):
    del metadata["model"]


# Descriptions, as text.


def as_text(value):
    return json.dumps(value, separators=(",", ":"))


FULL = as_text([*({f"{k}": f"{k:06d}"} for k in range(39_000)), *(f"{k:06d}" for k in range(119_000))])

TEXTS = {
    "no_json": ("model: no JSON", "Sequential()"),
    "null": ("expected {'class_name': ..., 'config': {...}}, got None", "null"),
    "a_number": ("expected {'class_name': ..., 'config': {...}}, got 3", "3"),
    "too_deep": ("nested too deeply", "[" * 30_000),
    "too_long": ("more than a model needs", '"' + "x" * 2**23 + '"'),
    "too_many_parts": ("more than a model needs", "[" + "[]," * 150_000),
    "a_key_twice": ("the key 'class_name' stands there twice", '{"class_name":"A","class_name":"Model"}'),
    "ten_thousand_digits": ("model: no JSON", "9" * 10_000),
    "as_many_lists_as_may_be": ("got [[], [], [], [], [], [], ...]", "[" + "[]," * 39_000 + "0]"),
    "as_many_dicts_as_may_be": ("got [{'a': {}}", "[" + '{"a":{}},' * 19_000 + "0]"),
    "as_many_texts_as_may_be": ("got ['000000'", as_text([f"{k:06d}" for k in range(159_000)])),
    "more_numbers_than_may_be": ("more than a model needs", "[" + "777," * 300_000 + "0]"),
    "as_long_a_name_as_may_be": ("unknown model", '{"class_name":"' + "Dens" * 1_048_000 + '"}'),
    "an_open_string": ("model: no JSON", '{"class_name":"Mo'),
}


@header_case("got [{'0': '000000'}")
def two_full_descriptions(header, metadata):
    metadata["model"] = metadata["training"] = FULL


for name, (told, text) in TEXTS.items():

    def retold(header, metadata, text=text):
        metadata["model"] = text

    retold.__name__ = f"description_of_{name}"
    header_case(told)(retold)


# Descriptions, as data.


def description_case(told, of="model"):
    """Declare what changes a description, or returns another one; the file is then signed."""

    def declare(change):
        def make(header, metadata):
            described = json.loads(metadata[of])
            inner = described["config"] if of == "model" else described
            metadata[of] = json.dumps(change(inner) or described)

        make.__name__ = change.__name__
        return header_case(told)(make)

    return declare


def layer(name, /, **config):
    return {"class_name": name, "config": config}


def chain(shape, *layers, dtype="float32"):
    """The description of a Sequential model."""
    inputs = [{"shape": shape, "dtype": dtype, "name": "x"}]
    return layer("Sequential", name="m", trainable=True, input=inputs, layers=list(layers))


#: name -> (what the message has, the model that is described)
MODELS = {
    "an_unknown_layer": ("unknown name 'Danse'; did you mean 'Dense'?", chain([2], layer("Danse", units=3))),
    "a_command": ("unknown name 'os.system'", chain([2], layer("os.system", command="id"))),
    "a_builtin": ("unknown model 'eval'", layer("eval", source="1")),
    "a_function_by_its_path": ("unknown activation", chain([2], layer("Activation", activation="os.system"))),
    "a_lambda_of_a_name": ("custom_objects", chain([2], layer("Lambda", function="print"))),
    "a_lambda_of_code": ("Lambda", chain([2], layer("Lambda", function=["4wEAAAA=", None, None]))),
    "a_module": (
        "Dense: unknown argument 'module'",
        chain([2], {"module": "os", **layer("Dense", units=1)}),
    ),
    "an_optimizer": ("expected 'Adam' to be a model", {"class_name": "Adam", "kind": "optimizer"}),
    "a_layer_for_a_model": ("unknown model 'Dense'", layer("Dense", units=3)),
    "a_loss_for_a_layer": (
        "expected a layer to add",
        chain([2], {"class_name": "MeanSquaredError", "kind": "loss"}),
    ),
    "an_optimizer_for_an_activation": (
        "expected 'SGD' to be a activation",
        chain([2], layer("Dense", units=3, activation={"class_name": "SGD", "kind": "optimizer"})),
    ),
    "a_wide_layer": ("more bytes than", chain([2], layer("Dense", units=10**9))),
    "a_layer_wider_than_any": ("more bytes than", chain([2], layer("Dense", units=10**4000))),
    "a_large_vocabulary": (
        "more bytes than",
        chain([2], layer("Embedding", input_dim=10**12, output_dim=8), dtype="int64"),
    ),
    "a_long_series": (
        "more bytes than",
        chain([2], layer("RepeatVector", n=10**9), layer("Flatten"), layer("Dense", units=1)),
    ),
    "a_large_image": (
        "more bytes than",
        chain(
            [100, 100, 1],
            layer("UpSampling2D", size=10**6, interpolation="lanczos5"),
            layer("AveragePooling2D", pool_size=2, strides=1),
            layer("PReLU"),
        ),
    ),
    "wide_statistics": (
        "more bytes than",
        chain([10**10], layer("Normalization", mean=0.0, variance=1.0), layer("Dense", units=1)),
    ),
    "units_of_infinity": ("units must be a whole number", chain([2], layer("Dense", units=float("inf")))),
    "units_of_nan": ("units must be a whole number", chain([4, 2], layer("LSTM", units=float("nan")))),
    "units_below_zero": ("units must be a whole number", chain([2], layer("Dense", units=-3))),
    "units_of_text": ("units must be a whole number", chain([2], layer("Dense", units="3"))),
    "no_units": ("units", chain([2], layer("Dense"))),
    "units_of_truth": ("units must be a whole number", chain([2], layer("Dense", units=True))),
    "an_unknown_argument": ("unknown argument 'unit'", chain([2], layer("Dense", units=3, unit=3))),
    "an_argument_self": ("Dense 'x'", chain([2], layer("Dense", units=3, self=3, name="x"))),
    "a_name_of_nothing": ("expected a string as name", chain([2], layer("Dense", units=3, name=""))),
    "two_layers_of_one_name": (
        "two layers are named 'a'",
        chain([2], layer("Dense", units=3, name="a"), layer("Flatten", name="a")),
    ),
    "a_shape_of_nothing": ("expected sizes of at least 1", chain([0], layer("Dense", units=3))),
    "an_open_shape": ("leaves axis 0 open", chain([None], layer("Dense", units=3))),
    "no_shapes": (
        "expected a model with its shapes",
        layer("Sequential", name="m", trainable=True, input=[], layers=[]),
    ),
    "no_layers": ("no 'layers'", layer("Sequential", name="m", trainable=True, input=[])),
    "too_many_layers": (
        "more than 15000 parts",
        chain([2], *(layer("Flatten", name=f"f{k}") for k in range(16_000))),
    ),
    "both_directions_of_no_series": (
        "expected a recurrent layer",
        chain([4, 2], layer("Bidirectional", layer=layer("Dense", units=2))),
    ),
    "no_cell": ("is no cell", chain([4, 2], layer("RNN", cell=layer("Dense", units=2)))),
}
nested = layer("Flatten")
for _ in range(200):
    nested = layer("TimeDistributed", layer=nested)
MODELS["layers_in_layers"] = ("RecursionError", chain([2], nested))

for name, (told, described) in MODELS.items():

    def replaced(config, described=described):
        return described

    replaced.__name__ = f"model_of_{name}"
    description_case(told)(replaced)


@description_case("there is no symbol ['call', 5, 0] before it is needed")
def a_call_of_what_comes_later(config):
    config["calls"][0]["inputs"] = [["call", 5, 0]]


@description_case("there is no symbol ['call', 0, 0] before it is needed")
def a_call_of_itself(config):
    config["calls"][0]["inputs"] = [["call", 0, 0]]


@description_case("there is no symbol ['call', -1, 0]")
def a_call_counted_from_behind(config):
    config["calls"][1]["inputs"] = [["call", -1, 0]]


@description_case("there is no symbol ['input', False]")
def an_input_of_truth(config):
    config["calls"][0]["inputs"] = [["input", False]]


@description_case("expected a symbol, ['input', k] or ['call', k, n], got 'x'")
def a_symbol_by_name(config):
    config["outputs"] = ["x"]


@description_case("there is no layer 'third'")
def a_call_of_no_layer(config):
    config["calls"][0]["layer"] = "third"


@description_case("no output needs Dense 'out'")
def a_layer_that_nothing_needs(config):
    config["outputs"] = [["call", 0, 0]]


@description_case("just one input, got 2")
def a_call_of_two_for_one(config):
    config["calls"][0]["inputs"] *= 2


@description_case("expected one or more different symbols as outputs")
def no_outputs(config):
    config["outputs"], config["calls"], config["layers"] = [], [], []


@description_case("two layers are named 'out'")
def a_layer_twice(config):
    config["layers"].append(copy.deepcopy(config["layers"][1]))


@description_case("its config has no 'calls'")
def no_calls(config):
    del config["calls"]


@description_case("expected the 0 further values as arguments, got slots [0]")
def an_argument_from_nowhere(config):
    config["calls"][0]["arguments"] = {"training": {"slot": 0}}


@description_case("unknown optimizer 'adamx'", "training")
def an_unknown_optimizer(training):
    training["compile"]["optimizer"]["class_name"] = "adamx"


@description_case("learning_rate", "training")
def a_learning_rate_of_nan(training):
    training["compile"]["optimizer"]["config"]["learning_rate"] = float("nan")


@description_case("unknown loss 'Dense'", "training")
def a_layer_for_a_loss(training):
    training["compile"]["loss"] = layer("Dense", units=3)


@description_case("unknown argument 'callbacks'", "training")
def an_unknown_setting(training):
    training["compile"]["callbacks"] = ["os.system"]


@case("served: expected places among 4 weights, got [99, ")
def the_state_of_no_weight(whole):
    header, values = header_of(whole)
    start, _ = header["served/0000"]["data_offsets"]
    return signed(header, values[:start] + (99).to_bytes(8, "little") + values[start + 8 :])


@description_case("how far the training is", "training")
def a_history_of_another_length(training):
    training["position"]["rows"]["loss"]["at"] = training["position"]["rows"]["loss"]["values"]


@description_case("distribute", "training")
def a_machine_that_there_is_not(training):
    training["compile"]["distribute"] = "ssh"
