"""Small real data: time series with windows to learn a forecast from, and utterances to tell apart.

Series, each as a `Series` (the values with their times, column names, units and source):

- `el_nino`: sea-surface temperature by month, 1950 to 2010, one column.
- `sunspots`: sunspot number by year, 1700 to 2008, one column.
- `seattle_weather`: weather by day, 2012 to 2015, four columns and a class.

Windows:

- `make_windows`: cut a series into inputs and the values that follow them.
- `WindowBatches`: the same in batches, each cut when it is asked for.
- `split_windows`: as `make_windows`, separately for the past to train on and the rest to test on.

Sequences, each with a class, padded to one length:

- `japanese_vowels`: utterances of nine speakers, 640 sequences of 7 to 29 steps, twelve features.

The series are in the public domain, the utterances under CC BY 4.0; see the Markdown files in
``vendored/``.

>>> (x_train, y_train), (x_test, y_test) = split_windows(el_nino(), length=12)
>>> x_train.shape, y_train.shape
((574, 12, 1), (574, 1))
>>> x_test.shape, y_test.shape
((134, 12, 1), (134, 1))
"""

from tinygraph.datasets.loaders import el_nino, seattle_weather, sunspots
from tinygraph.datasets.series import Series
from tinygraph.datasets.utterances import japanese_vowels
from tinygraph.datasets.window_batches import WindowBatches
from tinygraph.datasets.windows import make_windows, split_windows

__all__ = [
    "Series",
    "WindowBatches",
    "el_nino",
    "japanese_vowels",
    "make_windows",
    "seattle_weather",
    "split_windows",
    "sunspots",
]
