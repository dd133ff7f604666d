"""Malformed files of Keras made by hand: bombs, links that lead elsewhere, classes that are code."""

from __future__ import annotations

import io
import json
import zipfile

import h5py
import numpy as np

#: name -> (ending of the file, its bytes from those of a whole one, what the message has)
CASES = {}


def case(told, ending=".keras"):
    """Declare what makes a malformed file, by the name of its function."""

    def declare(make):
        CASES[make.__name__] = (ending, make, told)
        return make

    return declare


def members_of(whole):
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members, packed=False):
    """A zip of (name, content) pairs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, archive.compression)
    return file.getvalue()


def with_members(whole, others):
    """The file with other contents."""
    return zipped((members_of(whole) | others).items())


# Zips.


@case("no .keras file")
def empty(whole):
    return b""


@case("no .keras file")
def a_text(whole):
    return b"model = Sequential()\n" * 1000


@case("HDF5")
def a_model_of_keras_2(whole):
    return members_of(whole)["model.weights.h5"]


@case("zip")
def cut_off(whole):
    return whole[:-100]


@case("zip")
def a_start_alone(whole):
    return whole[:4]


@case("CRC")
def a_bit_flipped(whole):
    at = whole.index(b'"class_name"')
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


@case("no config.json")
def an_npz(whole):
    file = io.BytesIO()
    np.savez(file, kernel=np.ones((2, 3)))
    return file.getvalue()


@case("no config.json")
def an_npz_bomb(whole):
    file = io.BytesIO()
    np.savez_compressed(file, kernel=np.zeros(2**25))
    return file.getvalue()


@case("unpack to")
def a_zip_bomb(whole):
    return zipped([("config.json", b" " * 2**28), ("model.weights.h5", b"")], packed=True)


@case("unpack to")
def a_bomb_of_weights(whole):
    return zipped([("config.json", b"{}"), ("model.weights.h5", bytes(2**28))], packed=True)


@case("twice")
def a_member_twice(whole):
    members = members_of(whole)
    file = zipped([*members.items(), ("config.jsoN", members["config.json"])])
    return file.replace(b"config.jsoN", b"config.json")


@case("a member that Keras does not write")
def a_member_outside(whole):
    return zipped([*members_of(whole).items(), ("../../evil.py", b"print(1)")])


@case("a member that Keras does not write")
def a_member_at_the_root(whole):
    return zipped([*members_of(whole).items(), ("/etc/passwd", b"root")])


@case("no model.weights.h5")
def no_weights(whole):
    return zipped([("config.json", members_of(whole)["config.json"])])


@case("")
def a_size_that_is_not_so(whole):
    """The directory of the zip says of a member that it is small."""
    packed = bytearray(zipped([("config.json", b" " * 2**26), ("model.weights.h5", b"")], packed=True))
    at = packed.index(b"PK\x01\x02")
    packed[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(packed)


# What describes the model.


def config_case(told):
    """Declare what changes the config, or returns another one."""

    def declare(change):
        def make(whole):
            config = json.loads(members_of(whole)["config.json"])
            found = change(config)
            text = found if isinstance(found, str) else json.dumps(config if found is None else found)
            return with_members(whole, {"config.json": text})

        make.__name__ = change.__name__
        return case(told)(make)

    return declare


@config_case("no JSON")
def a_config_of_code(config):
    return "__import__('os').system('id')"


@config_case("must describe an object")
def a_config_of_a_list(config):
    return [1, 2, 3]


@config_case("nested too deeply")
def a_deep_config(config):
    return "[" * 30_000


@config_case("more than a model needs")
def a_long_config(config):
    return json.dumps("x" * 2**23)


@config_case("twice")
def a_config_with_a_key_twice(config):
    return '{"class_name": "Functional", "class_name": "Sequential"}'


@config_case("is no class of Keras")
def a_command(config):
    config["config"]["layers"][1] |= {"module": "os", "class_name": "system", "config": {"command": "id"}}


@config_case("")
def a_command_by_its_registered_name(config):
    config["config"]["layers"][1] |= {"module": None, "class_name": "x", "registered_name": "os>system"}


@config_case("")
def a_function_of_a_module(config):
    config["config"]["layers"][1]["config"]["activation"] = {
        "module": "os", "class_name": "function", "config": "system", "registered_name": "system"
    }  # fmt: skip


@config_case("never run")
def a_lambda_of_code(config):
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAA", "defaults": None, "closure": None}}
    config["config"]["layers"][1] |= {"class_name": "Lambda", "config": {"name": "l", "function": code}}


@config_case("more bytes than")
def a_wide_layer(config):
    config["config"]["layers"][1]["config"]["units"] = 10**9


@config_case("leaves a size open")
def an_open_shape(config):
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, None]


@config_case("two layers are named")
def two_layers_of_one_name(config):
    config["config"]["layers"].append(config["config"]["layers"][1])


@config_case("")
def no_layers(config):
    del config["config"]["layers"]


@config_case("")
def a_call_of_itself(config):
    layer = config["config"]["layers"][1]
    call = layer["inbound_nodes"][0]["args"][0]["config"]
    call["keras_history"] = [layer["config"]["name"], 0, 0]


@config_case("")
def an_unknown_optimizer(config):
    config["compile_config"]["optimizer"]["class_name"] = "Eval"


# Weights.


def weights_case(told):
    """Declare what changes the weights in the open file; the case is one of both kinds of files."""

    def declare(change):
        def changed(content):
            file = io.BytesIO(content)
            with h5py.File(file, "r+") as opened:
                kernels = []
                opened.visititems(
                    lambda name, each: kernels.append(name) if name.endswith("vars/0") else None
                )
                name = next(name for name in kernels if not name.startswith("optimizer"))
                change(opened, name)
            return file.getvalue()

        def in_the_model(whole):
            return with_members(whole, {"model.weights.h5": alone(whole)})

        def alone(whole):
            return changed(members_of(whole)["model.weights.h5"])

        in_the_model.__name__ = change.__name__
        alone.__name__ = f"{change.__name__}_alone"
        case(told)(in_the_model)
        return case(told, ".weights.h5")(alone)

    return declare


@weights_case("")
def a_bomb_of_zeros(file, name):
    del file[name]
    file.create_dataset(name, shape=(2**16, 2**16), chunks=(2**12, 2**12), compression="gzip", dtype="f4")


@weights_case("chunked, packed or elsewhere")
def a_packed_kernel(file, name):
    value = file[name][()]
    del file[name]
    file.create_dataset(name, data=value, compression="gzip")


@weights_case("")
def a_kernel_without_values(file, name):
    del file[name]
    file.create_dataset(name, shape=(2**20, 2**20), dtype="f8")


@weights_case("bytes")
def a_small_kernel_without_values(file, name):
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, shape=shape, dtype="f4")


@weights_case("elsewhere")
def a_kernel_in_another_file(file, name):
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, shape=shape, dtype="f4", external=[("/etc/passwd", 0, 24)])


@weights_case("leads elsewhere")
def a_link_to_another_file(file, name):
    del file[name]
    file[name] = h5py.ExternalLink("/etc/passwd", "/x")


@weights_case("leads elsewhere")
def a_soft_link(file, name):
    file.move(name, "x")
    file[name] = h5py.SoftLink("/x")


@weights_case("leads elsewhere")
def a_link_to_itself(file, name):
    del file[name]
    file[name] = h5py.SoftLink(f"/{name}")


@weights_case("must have numbers")
def a_kernel_of_strings(file, name):
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, shape=shape, dtype=h5py.string_dtype())


@weights_case("must have numbers")
def a_kernel_of_references(file, name):
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, shape=shape, dtype=h5py.ref_dtype)


@weights_case("must have numbers")
def a_kernel_of_records(file, name):
    shape = file[name].shape
    del file[name]
    file.create_dataset(name, data=np.zeros(shape, [("a", "f4"), ("b", "i4")]))


@weights_case("expected variables of")
def a_kernel_turned_round(file, name):
    value = file[name][()].T
    del file[name]
    file[name] = value


@weights_case("must be an array")
def a_group_for_a_kernel(file, name):
    del file[name]
    file.create_group(name)


@weights_case("no place for this variable")
def a_kernel_more(file, name):
    file["layers/another/vars/0"] = np.ones(3)


@weights_case("")
def a_virtual_kernel(file, name):
    shape = file[name].shape
    del file[name]
    layout = h5py.VirtualLayout(shape=shape, dtype="f4")
    layout[...] = h5py.VirtualSource("/etc/passwd", "x", shape=shape)
    file.create_virtual_dataset(name, layout)


@case("", ".weights.h5")
def weights_cut_off(whole):
    return members_of(whole)["model.weights.h5"][:-500]


@case("", ".weights.h5")
def weights_of_zeros(whole):
    return b"\x89HDF\r\n\x1a\n" + bytes(10_000)


@case("")
def weights_that_are_none(whole):
    return with_members(whole, {"model.weights.h5": b"not at all"})
