"""A grid search that outgrows one machine: the same search in this process and on a Dask cluster.

An `LSTMClassifier` tells series that rise a little from those that fall, below much noise. scikit-learn's
`GridSearchCV` tries two sizes and two learning rates on three folds, and joblib hands the twelve fits to
whoever is there: here two worker processes on this machine, with one thread of the BLAS each, so that they
do not fight for its cores. For more machines give `Client` the address of their scheduler; nothing else
changes. Every fit is seeded, so the two searches must agree to the last bit.

    pip install 'tinygraph[dask]'
    python examples/dask_sweep.py
"""

import sys
import time
from collections import Counter

import numpy as np

try:
    import joblib
    from dask.distributed import Client, LocalCluster, get_task_stream
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_info, threadpool_limits
except ImportError as missing:
    sys.exit(f"dask_sweep: {missing}; nothing was run. pip install 'tinygraph[dask]'")

from tinygraph.sklearn import LSTMClassifier

SAMPLES, STEPS = 240, 12
GRID = {"lstmclassifier__units": [4, 16], "lstmclassifier__learning_rate": [0.003, 0.03]}


def series():
    """Return series (samples, time) of a slope and noise, and whether each goes up or down."""
    rng = np.random.default_rng(0)
    slopes = rng.choice([-0.06, 0.06], SAMPLES)
    X = slopes[:, None] * np.arange(STEPS) + rng.normal(size=(SAMPLES, STEPS))
    return X, np.where(slopes > 0, "up", "down")


def search():
    """Return the search, not begun."""
    model = make_pipeline(StandardScaler(), LSTMClassifier(epochs=20, random_state=0))
    return GridSearchCV(model, GRID, cv=StratifiedKFold(3))


def blas_threads():
    """Return how many threads the BLAS of this process would take."""
    return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")


def timed(work):
    """Return what ``work`` returns, and the seconds that it took."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def main():
    """Search twice, compare; return both searches, the threads of each worker, and the tasks that it did."""
    X, y = series()
    with threadpool_limits(1):
        serial, took = timed(lambda: search().fit(X, y))
    print(f"in this process: {took:.1f} s")

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        get_task_stream(client) as stream,
        joblib.parallel_config(backend="dask"),
    ):
        spread, took = timed(lambda: search().fit(X, y))
        threads = client.run(blas_threads)
    done = Counter(task["worker"] for task in stream.data)
    print(f"on {len(threads)} workers of {max(threads.values())} BLAS thread each: {took:.1f} s")
    for worker, tasks in done.items():
        print(f"  {worker} did {tasks} tasks")

    for parameters, score, other in zip(
        serial.cv_results_["params"],
        serial.cv_results_["mean_test_score"],
        spread.cv_results_["mean_test_score"],
        strict=True,
    ):
        units, rate = (parameters[name] for name in GRID)
        print(f"  {units:2} units, rate {rate:5}: {score:.3f} right, on the cluster {other:.3f}")
    same = np.array_equal(serial.predict_proba(X), spread.predict_proba(X))
    print(
        f"The probabilities of the best model are {'the same' if same else 'not the same'} to the last bit."
    )
    return serial, spread, threads, done


if __name__ == "__main__":
    main()
