"""Translate dates as people write them into ISO 8601, character by character: sequences and attention.

    Sat 3 Mar 2007    March 3, 2007    3 MARCH 2007    3/3/07    ...    ->    2007-03-03

An LSTM that runs both ways reads the text: the encoder. Another writes the ISO date, one character after
another: the decoder. In Sutskever et al. 2014 all that it knows of the text is one vector, the state in which
the encoder stopped. With attention (Bahdanau et al. 2015, Luong et al. 2015) it looks back at the text for
each character: it gets the mean of what the encoder saw, weighted by how well each place fits what it is
about to write. Both are trained here, on the same dates, for as long.

The dates are those of the calendar from 1969 to 2068, the years that two digits stand for in Python. Those
that judge are not among those that train, in no way of writing.

    python examples/seq2seq_attention.py
"""

import re
from contextlib import suppress
from datetime import date, datetime

import numpy as np

import tinygraph as tg
from tinygraph.nn import (
    LSTM,
    Attention,
    Bidirectional,
    Concatenate,
    Dense,
    Embedding,
    Input,
    Model,
    optimizers,
    schedules,
)

TRAIN, TEST, UNITS, EPOCHS, BATCH, RATE = 5000, 500, 32, 7, 64, 0.01
WAYS = ("%d %B %Y", "%B %d, %Y", "%B %d %Y", "%a %d %b %Y", "%b %d '%y", "%d.%m.%Y", "%d/%m/%y")
LENGTH, WRITTEN = len("September 30, 2007"), len("2007-09-30")
#: a character's place is its id; place 0 stands for nothing
ALPHABET = "_" + " ',-./0123456789" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "abcdefghijklmnopqrstuvwxyz"


def by_hand(day, random):
    """Return a date in one of the seven ways, without the zeros that people leave out; some shout."""
    text = re.sub(r"\b0(?=\d\D)", "", day.strftime(WAYS[random.integers(len(WAYS))]))
    return text.upper() if random.random() < 0.2 else text


def dates(count):
    """Return so many different dates: as people write them, and in ISO 8601."""
    random = np.random.default_rng(0)
    first, last = date(1969, 1, 1).toordinal(), date(2068, 12, 31).toordinal()
    chosen = random.choice(np.arange(first, last + 1), count, replace=False)
    days = [date.fromordinal(int(number)) for number in chosen]
    return [by_hand(day, random) for day in days], [day.isoformat() for day in days]


def ids(texts, length):
    """Return texts as rows of whole numbers, filled up with 0."""
    return np.array([[ALPHABET.index(character) for character in text.ljust(length, "_")] for text in texts])


def shifted(y):
    """What the decoder is given to write each character: the one before; nothing before the first."""
    return np.pad(y, ((0, 0), (1, 0)))[:, :-1]


def build(attention):
    """Return the model, not trained, and one of the same layers that gives the weights of attention."""
    text, before = (
        Input((LENGTH,), dtype="int64", name="text"),
        Input((WRITTEN,), dtype="int64", name="before"),
    )

    # The texts differ in length: id 0 is padding, and mask_zero says so. The mask goes from layer to layer by
    # itself; the LSTM skips what is padding, and the attention gives it no weight.
    letters = Embedding(len(ALPHABET), 16, mask_zero=True)(text)
    encoder = Bidirectional(LSTM(UNITS, return_sequences=True, return_state=True), name="encoder")
    seen, h, c, h_back, c_back = encoder(letters)

    # In training the decoder is given the true character before each one, whatever it would have written
    # itself ("teacher forcing"). It begins in the state in which the encoder stopped.
    states = [Concatenate()([h, h_back]), Concatenate()([c, c_back])]
    decoder = LSTM(2 * UNITS, return_sequences=True, name="decoder")
    out = decoder(Embedding(len(ALPHABET), 16)(before), initial_state=states)

    weights = None
    if attention:
        found, weights = Attention(use_scale=True)([out, seen], return_attention_scores=True)
        out = Concatenate()([out, found])
    characters = Dense(len(ALPHABET), activation="softmax")(out)
    return Model([text, before], characters), weights and Model([text, before], weights)


def translate(model, x):
    """Write dates from left to right: always the likeliest character after those that are written."""
    y = np.zeros((len(x), WRITTEN), int)
    for place in range(WRITTEN):
        y[:, place] = model.predict([x, shifted(y)], batch_size=len(x))[:, place].argmax(axis=-1)
    return ["".join(ALPHABET[k] for k in row) for row in y]


def by_rule(text):
    """Translate with a program, which has to be told all ways."""
    for way in WAYS:
        with suppress(ValueError):
            return datetime.strptime(text, way).date().isoformat()
    return None


def commonest(isos):
    """Return the commonest character at each place."""
    return "".join(max(sorted(set(column)), key=column.count) for column in zip(*isos, strict=True))


def right(answers, isos):
    """Return the share of the dates that are right, and of their characters."""
    same = np.array(
        [[a == b for a, b in zip(*pair, strict=True)] for pair in zip(answers, isos, strict=True)]
    )
    return float(same.all(axis=1).mean()), float(same.mean())


def shaded(text, iso, weights):
    """Return where it looked as text: a line for each character written, darker where it looked more."""
    lines = ["       " + " ".join(text)]
    for character, row in zip(iso, weights, strict=True):
        shades = " ".join(" .:-=+*#%@"[min(int(10 * weight), 9)] for weight in row[: len(text)])
        lines.append(f"    {character}  {shades}".rstrip())
    return "\n".join(lines)


def main():
    """Train without and with attention; print scores, translations, and where one of them looked."""
    tg.set_seed(0)
    texts, isos = dates(TRAIN + TEST)
    x, y = ids(texts, LENGTH), ids(isos, WRITTEN)
    unseen, truth = texts[TRAIN:], isos[TRAIN:]
    print(f"{TRAIN} dates to train on, {TEST} others to judge by, for example {texts[0]!r}: {isos[0]}")

    answers = {"commonest characters": [commonest(isos[:TRAIN])] * TEST}
    for name, attention in (("LSTM to LSTM", False), ("with attention", True)):
        print(f"\n{name}")
        model, look = build(attention)
        rates = schedules.CosineDecay(RATE, EPOCHS * -(-TRAIN // BATCH))
        model.compile(optimizers.Adam(rates), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit([x[:TRAIN], shifted(y)[:TRAIN]], y[:TRAIN], batch_size=BATCH, epochs=EPOCHS)
        answers[name] = translate(model, x[TRAIN:])
    answers["told all seven ways"] = [by_rule(text) for text in unseen]

    scores = {name: right(given, truth) for name, given in answers.items()}
    print(f"\nOf {TEST} dates that were never seen: right, and right characters")
    for name, (whole, characters) in scores.items():
        print(f"  {name:22} {whole:6.1%}  {characters:6.1%}")

    print("\nText, without and with attention")
    for text, *both in list(zip(unseen, answers["LSTM to LSTM"], answers["with attention"], strict=True))[:6]:
        print(f"  {text:20}", *both)

    text = max(unseen, key=len)
    iso = answers["with attention"][unseen.index(text)]
    print(f"\nWhere it looked in {text!r} to write each character\n")
    print(shaded(text, iso, look.predict([ids([text], LENGTH), shifted(ids([iso], WRITTEN))])[0]))
    return scores


if __name__ == "__main__":
    main()
