"""A Functional model: two inputs, two outputs, a shared layer and a skip connection.

It learns from two made-up sensors. Both series go through the same LSTM (one set of weights, used twice);
what is known of the place joins them; one output is a number, the other a class.
"""

import numpy as np

import tinygraph as tg
from tinygraph.nn import LSTM, Add, Concatenate, Dense, Input, Model


def made_up(samples, random):
    """Return two waves and three facts a sample, and of it the sum of the speeds and which is faster."""
    speed = random.uniform(0.2, 1.2, size=(samples, 2))
    time = np.arange(12)[None, :, None]
    waves = np.sin(time * speed[:, None, :]) + 0.05 * random.normal(size=(samples, 12, 2))
    facts = random.normal(size=(samples, 3))
    total = speed.sum(axis=1) + 0.1 * facts[:, 0]
    return [waves[:, :, :1], waves[:, :, 1:], facts], [total, (speed[:, 0] > speed[:, 1]).astype(int)]


def build():
    """Return the model, not trained."""
    left, right = Input((12, 1), name="left"), Input((12, 1), name="right")
    facts = Input((3,), name="facts")
    shared = LSTM(16, name="shared")
    both = Concatenate(name="both")([shared(left), shared(right), facts])
    hidden = Dense(16, activation="tanh", name="hidden")(both)
    skip = Add(name="skip")([hidden, Dense(16, name="straight")(both)])
    total = Dense(1, name="total")(skip)
    faster = Dense(2, activation="softmax", name="faster")(skip)
    return Model(inputs=[left, right, facts], outputs=[total, faster])


def main():
    """Train it and print what it reached."""
    tg.set_seed(1)
    random = np.random.default_rng(1)
    x, y = made_up(800, random)
    x_test, y_test = made_up(200, random)
    model = build()
    model.compile(
        optimizer="adam",
        loss={"total": "mse", "faster": "sparse_categorical_crossentropy"},
        metrics={"total": ["mae"], "faster": ["accuracy"]},
    )
    model.summary()
    model.fit(x, y, epochs=15, validation_split=0.1)
    judged = model.evaluate(x_test, y_test, return_dict=True)
    guess = np.abs(y_test[0] - y[0].mean()).mean()
    print(f"total: mean error {judged['total_mae']:.3f}, of always guessing the mean {guess:.3f}")
    print(f"faster: {judged['faster_accuracy']:.1%} right, of a coin 50 %")
    return judged


if __name__ == "__main__":
    main()
