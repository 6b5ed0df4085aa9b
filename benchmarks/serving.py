"""Serving side by side with five peers: python benchmarks/serving.py [--rounds N] [--seconds S] [--out FILE].

The work is in `serving_run.py`. This file has the name of a package of ours, and Python looks beside a script first:
any script of this folder that imports `serving` would get this file, so here it hands on to the package.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve().parent


def look_elsewhere() -> None:
    """Take this folder from where imports look."""
    sys.path[:] = [place for place in sys.path if Path(place).resolve() != HERE]


if __name__ == "__main__":
    look_elsewhere()
    os.environ["OMP_NUM_THREADS"] = "1"  # before scikit-learn is loaded: everybody has one processor
    import_module("benchmarks.serving_run").main(sys.argv[1:])
elif __name__ == "serving":
    look_elsewhere()
    del sys.modules["serving"]
    import_module("serving")
