"""A series, a place by its number and a few facts lead to one number."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(4)
data = {
    "series": rng.normal(size=(50, 9, 2)),
    "place": rng.integers(0, 5, size=(50, 1)),
    "facts": rng.normal(size=(50, 3)),
}
y = data["series"].mean(axis=(1, 2)) + 0.2 * data["place"][:, 0] - data["facts"][:, 0]

series = keras.Input(shape=(9, 2), name="series")
place = keras.Input(shape=(1,), name="place", dtype="int64")
facts = keras.Input(shape=(3,), name="facts")
seen = layers.LSTM(6)(series)
where = layers.Flatten()(layers.Embedding(5, 3)(place))
joined = layers.Concatenate()([seen, where, facts])
hidden = layers.Dense(8, activation="tanh")(joined)
output = layers.Dense(1, name="level")(hidden)
model = keras.Model(inputs=[series, place, facts], outputs=output)
rng = np.random.default_rng(7)
model.set_weights([rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])
model.compile(optimizer="adam", loss="mae", metrics=["mse"])
history = model.fit(data, y, batch_size=16, epochs=5, shuffle=False, verbose=0)
for name in sorted(history.history):
    print(name, history.history[name])
as_list = [data["series"], data["place"], data["facts"]]
print("evaluate", model.evaluate(as_list, y, verbose=0), model.evaluate(data, y, verbose=0))
p = model.predict(data, verbose=0)
print("predict", p.shape, p[:4].tolist())
