"""Makes keras_callbacks.json: what Keras' callbacks do with given values of a metric, epoch by epoch.

    KERAS_BACKEND=jax python tests/data/make_keras_callbacks.py [folder]

Each case has "class_name", "config" and "values", those of "val_loss" in each epoch, and
EarlyStopping        "epochs" that were run, "best_epoch", "stopped_epoch", "restored": the epoch whose
                     weights the model has in the end
ReduceLROnPlateau    "rates", the learning rate that the logs of each epoch tell
ModelCheckpoint      "files" that were written, in order, in 3 batches an epoch
CSVLogger            "text", the file after two trainings
"""

import json
import random
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import keras

BATCHES = 3


class Stub:
    """A model whose weights are the number of the epoch."""

    def __init__(self):
        self.optimizer = keras.optimizers.SGD(0.5)
        self.stop_training = False
        self.weights = [None]
        self.files = []

    def get_weights(self):
        """The epoch."""
        return list(self.weights)

    def set_weights(self, weights):
        """Another one."""
        self.weights = weights

    def save(self, path, overwrite):
        """Note the name of the file."""
        self.files.append(Path(path).name)


def drive(callback, model, values):
    """Tell the callback of epochs with these values until it stops; return the logs of each."""
    callback.set_model(model)
    callback.on_train_begin({})
    told = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch, {})
        for batch in range(BATCHES):
            callback.on_train_batch_end(batch, logs={"loss": value + batch})
        model.weights = [epoch]
        told.append({"loss": 2 * value, "val_loss": value})
        callback.on_epoch_end(epoch, told[-1])
        if model.stop_training:
            break
    callback.on_train_end({})
    return told


def early_stopping(draw):
    """Arguments of EarlyStopping."""
    config = {"mode": draw.choice(["min", "max"]), "patience": draw.choice([0, 1, 2, 3])}
    if draw.random() < 0.5:
        config |= {"min_delta": draw.choice([0.1, -0.2]), "restore_best_weights": True}
    if draw.random() < 0.3:
        config["baseline"] = draw.choice([0.3, 0.7])
    return config | ({"start_from_epoch": 2} if draw.random() < 0.3 else {})


def reduce_rate(draw):
    """Arguments of ReduceLROnPlateau."""
    config = {"mode": draw.choice(["min", "max"]), "patience": draw.choice([0, 1, 2]), "factor": 0.5}
    if draw.random() < 0.5:
        config |= {"cooldown": draw.choice([1, 2]), "min_delta": draw.choice([0.0, 0.2])}
    return config | ({"min_lr": 0.125} if draw.random() < 0.5 else {})


def checkpoint(draw):
    """Arguments of ModelCheckpoint."""
    config = {"mode": draw.choice(["min", "max"]), "filepath": "{epoch:02d}-{val_loss:.2f}.keras"}
    if draw.random() < 0.7:
        config["save_best_only"] = True
        if draw.random() < 0.4:
            config["initial_value_threshold"] = 0.5
    elif draw.random() < 0.6:
        config |= {"save_freq": draw.choice([2, 4]), "filepath": "{epoch}-{batch}-{loss:.1f}.keras"}
    return config


def run(case, folder):
    """What the callback did."""
    model, config = Stub(), dict(case["config"])
    for name in ("filepath", "filename"):
        if name in config:
            config[name] = f"{folder}/{config[name]}"
    callback = getattr(keras.callbacks, case["class_name"])(**config)
    told = drive(callback, model, case["values"])
    if case["class_name"] == "EarlyStopping":
        found = {"epochs": len(told), "restored": model.weights[0]}
        return found | {"best_epoch": callback.best_epoch, "stopped_epoch": callback.stopped_epoch}
    if case["class_name"] == "ReduceLROnPlateau":
        return {"rates": [logs["learning_rate"] for logs in told]}
    if case["class_name"] == "ModelCheckpoint":
        return {"files": model.files}
    drive(callback, model, case["values"])
    return {"text": Path(config["filename"]).read_text()}


def main(folder=Path(__file__).parent):
    """Draw the cases, run them and save, one a line."""
    draw = random.Random(0)
    cases = []
    for class_name, arguments, number in (
        ("EarlyStopping", early_stopping, 60),
        ("ReduceLROnPlateau", reduce_rate, 40),
        ("ModelCheckpoint", checkpoint, 25),
    ):
        for _ in range(number):
            values = [round(draw.random(), 2) for _ in range(draw.choice([1, 6, 10]))]
            cases.append({"class_name": class_name, "config": {"monitor": "val_loss"} | arguments(draw)})
            cases[-1]["values"] = values
    for config in ({}, {"separator": ";"}, {"append": True}):
        config = {"filename": "log.csv"} | config
        cases.append({"class_name": "CSVLogger", "config": config, "values": [0.25, 0.5]})
    for case in cases:
        with TemporaryDirectory() as place:
            case |= run(case, place)
    lines = ",\n".join(json.dumps(case) for case in cases)
    text = f'{{"version": {json.dumps(keras.__version__)}, "cases": [\n{lines}\n]}}\n'
    (Path(folder) / "keras_callbacks.json").write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
