"""Write the pictures of the README anew, beside this file or into another folder.

python docs/pictures/make.py [FOLDER]
"""

import sys
from pathlib import Path

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Input, Sequential


def drawings():
    """Return the drawings by the names of their files."""
    tg.set_seed(0)
    model = Sequential(
        [Input((3, 1), name="series"), LSTM(16, name="lstm"), Dense(1, name="dense")], name="forecast"
    )
    model.compile("adam", "mse")
    return {
        "training": model.draw(level="unrolled", pass_=["forward", "backward"]),
        "cell": model.draw(level="cell"),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, drawing in drawings().items():
        print(drawing.save(folder / f"{name}.svg"))
