"""Write Python's documentation letter by letter: a stateful LSTM that predicts the next character.

The text is a file of yours, or one that comes with Python (`pydoc_data.topics`, what ``help("for")`` shows).
Its last tenth is held out; the score on it, in bits per character, stands beside n-grams and compressors. The
learning rate and the number of epochs were chosen on the last tenth of the rest. Python's documentation, and
with it the score, differs a little from one version to the next.

Three epochs are a beginning: with 256 units, 12 epochs and a rate of 0.006 it needs 1.87 bits, after minutes.

    python examples/characters.py [file.txt]
"""

import bz2
import lzma
import os
import sys
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Callback, Dense, Embedding, Input, Sequential, optimizers, schedules

ROWS, WINDOW, UNITS, EPOCHS, RATE = 32, 20, 128, 3, 0.015


def read(arguments):
    """Return a text and where it comes from."""
    if arguments:
        return Path(arguments[0]).read_text(encoding="utf-8"), arguments[0]
    try:
        from pydoc_data.topics import topics
    except ImportError:  # some distributions leave it out
        sources = sorted(Path(os.__file__).parent.glob("*.py"))
        return "".join(path.read_text(encoding="utf-8") for path in sources)[:400_000], "Python's own modules"
    return "\n".join(topics.values()), "pydoc_data.topics"


def without_copies(text):
    """Return the text with each paragraph once: what was seen in training is no test of prediction."""
    return "\n\n".join(dict.fromkeys(text.split("\n\n")))


def windows(ids):
    """Cut a text into windows and the characters that follow, in the order that carried states need.

    A stateful layer begins row r of a batch with the state in which row r of the batch before ended. So the
    text is cut into as many long rows as a batch has, and a batch is the next window of every row. With the
    text ``abcdefghijkl``, 2 rows and a window of 3, the batches are ``abc, ghi`` and ``def, jkl``.
    """
    batches = (len(ids) - 1) // (ROWS * WINDOW)

    def cut(ids):
        rows = ids[: ROWS * batches * WINDOW].reshape(ROWS, batches, WINDOW)
        return rows.swapaxes(0, 1).reshape(batches * ROWS, WINDOW)

    return cut(ids), cut(ids[1:])


class ForgetEachEpoch(Callback):
    """Sets the states back to zero where the text begins anew."""

    def on_epoch_begin(self, epoch, logs):
        """The rows begin anew: they do not go on from their ends."""
        self.model.get_layer("lstm").reset_states()


class ForgetEachWindow(Callback):
    """Sets the states back to zero before each window that is judged, as if the layer were not stateful."""

    def on_test_batch_begin(self, batch, logs):
        """The next window of each row is read as if nothing stood before it."""
        self.model.get_layer("lstm").reset_states()


def build(characters, window=WINDOW):
    """Return the model, not trained: (rows, window) of ids -> (rows, window, characters) of probabilities."""
    return Sequential(
        [
            Embedding(characters, 32, input_shape=(window,)),
            LSTM(UNITS, return_sequences=True, stateful=True, name="lstm"),
            Dense(characters, activation="softmax"),
        ]
    )


def train(model, ids):
    """Compile and fit. The gradient reaches back one window; what the state carries reaches back further."""
    x, y = windows(ids)
    rate = schedules.CosineDecay(RATE, EPOCHS * len(x) // ROWS)
    model.compile(optimizers.Adam(rate, clipnorm=1.0), loss="sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=ROWS, epochs=EPOCHS, shuffle=False, callbacks=[ForgetEachEpoch()])


def bits(model, ids, *callbacks):
    """Return the bits per character that the model needs for a text it goes through from the start."""
    x, y = windows(ids)
    model.get_layer("lstm").reset_states()
    return model.evaluate(x, y, batch_size=ROWS, verbose=0, callbacks=callbacks) / np.log(2)


def ngrams(text, held_out, longest):
    """Return the bits per character of n-gram models, by n from 0, the uniform guess, to ``longest``.

    Each leans on the p of the next shorter one, the more so the more kinds of characters followed the context
    in the text (Witten and Bell 1991): (count(context c) + kinds p(c | shorter)) / (count(context) + kinds).
    """
    models = []
    for n in range(1, longest + 1):
        counts = Counter(text[k : k + n] for k in range(len(text) - n + 1))
        contexts, kinds = Counter(), Counter()
        for gram, count in counts.items():
            contexts[gram[:-1]] += count
            kinds[gram[:-1]] += 1
        models.append((counts, contexts, kinds))
    uniform = 1 / len(set(text + held_out))
    logs = np.zeros((len(held_out) - longest, longest + 1))
    for k in range(len(logs)):
        p, end = uniform, k + longest
        logs[k, 0] = np.log2(p)
        for n, (counts, contexts, kinds) in enumerate(models, 1):
            gram = held_out[end - n : end]
            context = gram[:-1]
            if context in contexts:
                p = (counts[gram] + kinds[context] * p) / (contexts[context] + kinds[context])
            logs[k, n] = np.log2(p)
    return -logs.mean(axis=0)


def compressed(compress, text, held_out):
    """Return the bits per character by which the held-out text makes the compressed text longer."""
    before, after = (len(compress(each.encode())) for each in (text, text + held_out))
    return 8 * (after - before) / len(held_out)


def sample(model, alphabet, start, length, random):
    """Let the model write on: feed it the start, then again and again what it said."""
    # The same layers, with the same weights, for one character at a time; the states carry the rest.
    writer = Sequential([Input((1,), dtype="int64"), *model.layers])
    writer.get_layer("lstm").reset_states()  # they were of 32 rows; one row begins now
    written = start
    for k in range(len(start) + length - 1):
        p = writer.predict(np.array([[alphabet.index(written[k])]]))[0, 0].astype(np.float64)
        if k + 1 == len(written):
            written += alphabet[random.choice(len(alphabet), p=p / p.sum())]
    return written


def main(arguments=()):
    """Train, print the scores and a sample."""
    tg.set_seed(0)
    text, source = read(arguments)
    text = without_copies(text)
    alphabet = sorted(set(text))  # also of the part held out: all models know which characters there are
    cut = len(text) * 9 // 10
    text, held_out = text[:cut], text[cut:]
    if len(held_out) <= ROWS * WINDOW:
        sys.exit(
            f"{source}: expected {10 * ROWS * WINDOW + 10} characters or more, got {cut + len(held_out)}."
        )
    print(f"{source}: {len(text)} characters to train on, {len(held_out)} held out, {len(alphabet)} kinds")

    model = build(len(alphabet))
    model.summary()
    codes = {character: k for k, character in enumerate(alphabet)}
    ids, ids_held_out = (np.array([codes[c] for c in part]) for part in (text, held_out))
    train(model, ids)

    uniform, *grams = ngrams(text, held_out, longest=5)
    scores = {"uniform guess": uniform}
    scores |= {f"{n}-gram": score for n, score in enumerate(grams, 1)}
    scores |= {
        f"{c.__name__}, which has seen the rest": compressed(c.compress, text, held_out)
        for c in (zlib, lzma, bz2)
    }
    scores[f"LSTM({UNITS}), stateful"] = bits(model, ids_held_out)
    scores["the same, reset before each window"] = bits(model, ids_held_out, ForgetEachWindow())
    print("\nBits per character on the held-out text")
    for name, score in scores.items():
        print(f"  {name:36} {score:.3f}")

    written = sample(model, alphabet, "The ", 400, np.random.default_rng(0))
    print(f"\nIt writes:\n\n{written}")
    return scores, written


if __name__ == "__main__":
    main(sys.argv[1:])
