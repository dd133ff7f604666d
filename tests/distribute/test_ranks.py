"""What ranks have in common, what they refuse, and how they end."""

import json
import pickle
import re
import sys
from functools import cache

import numpy as np
import pytest
from distribute.alike import CASES
from distribute.launch import mpirun

import tinygraph as tg
from tinygraph import nn
from tinygraph.distribute import mpi
from tinygraph.distribute.shards import shard
from tinygraph.nn.data import Samples


@cache
def alike(ranks):
    return json.loads(mpirun(ranks, "alike.py").stdout)


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("case", [case.__name__ for case in CASES])
def test_all_ranks_are_alike(case, ranks):
    assert alike(ranks)[case]


@cache
def refused():
    return json.loads(mpirun(2, "refused.py").stdout)


REFUSED = {
    "small": "ValueError: fit: a batch of 1 cannot be shared by 2 ranks; take a larger batch_size",
    "stateful": "ValueError: LSTM 'enc': a stateful layer cannot be distributed.*Use stateful=False",
    "fixed": "ValueError: .*: made for batches of 4, it cannot be distributed.*Leave the size",
    "synchronized": "ValueError: BatchNormalization 'norm': synchronized=True cannot be distributed",
    "scalar": "GraphError: distribute: the loss 'whole_mean' returns one number for the batch.*axis=-1",
    "lengths": "ValueError: fit: rank 1 has samples=10, rank 0 12; all ranks do the same with the same",
    "batches": "ValueError: fit: rank 1 has batch_size=4, rank 0 3; all ranks do the same",
    "evaluated": "ValueError: evaluate: rank 1 has samples=10, rank 0 12; all ranks do the same",
    "step": "ValueError: OwnStep '.*'.train_step: a step of one's own cannot be distributed",
    "resumed": "ValueError: fit: rank 1 has first epoch=1, rank 0 0; BackupAndRestore needs one folder",
    "fine": "nothing",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_shared_is_refused_on_all_ranks(case):
    assert re.match(REFUSED[case], refused()[case]), refused()[case]


@pytest.mark.parametrize("given", ["mpi", 4, True, mpi.MPI])
def test_another_distribute_is_refused(given):
    model = nn.Sequential([nn.Dense(1, input_shape=(3,), name="d")], name="net")
    with pytest.raises(
        TypeError, match=r"net'.compile: distribute must be tg.distribute.MPI\(\) or None, got"
    ):
        model.compile("sgd", "mse", distribute=given)


def test_without_mpi4py_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    mpi._world.cache_clear()
    with pytest.raises(ImportError, match=r"tg.distribute.MPI: needs mpi4py.*pip install 'tinygraph\[mpi\]'"):
        tg.distribute.MPI()


@pytest.mark.parametrize("how", ["killed", "failed"])
@pytest.mark.parametrize("rank", [0, 1])
def test_a_rank_that_dies_ends_the_job_and_the_last_checkpoint_is_whole(how, rank, tmp_path):
    path = tmp_path / "weights.npz"
    done = mpirun(2, "dying.py", how, str(rank), str(path), wanted=None)
    assert "this is not reached" not in done.stdout
    if how == "failed":
        assert f"rank {rank} of 2 failed and ends the job:\nTraceback" in done.stderr
        assert "RuntimeError: this rank has had enough" in done.stderr
    else:
        assert "signal 9" in done.stderr
    with np.load(path) as saved:
        assert saved["epoch"] == 1  # the second; it died in the third
        assert saved["arr_0"].shape == (3, 1)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("rows", [slice(None), slice(4, 9), slice(8, 20), np.array([7, 1, 3, 3])], ids=str)
def test_shards_are_the_batch_in_order(rows, size):
    data = Samples({"x": np.arange(10), "y": np.arange(10) * 2})
    shards = [shard(data, rows, rank, size) for rank in range(size)]
    np.testing.assert_array_equal(np.concatenate([each["x"] for each in shards]), np.arange(10)[rows])
    whole, sizes = len(np.arange(10)[rows]), [each.rows.size for each in shards]
    assert [each.rows.first for each in shards] == [sum(sizes[:rank]) for rank in range(size)]
    assert {each.rows.whole for each in shards} == {whole}
    assert max(sizes) - min(sizes) <= 1
    for each in shards:
        assert len(each["y"]) == each.rows.size
        assert len(each.shaped()["y"]) == max(1, each.rows.size)


def test_one_process_is_one_rank():
    pytest.importorskip("mpi4py")
    ranks = tg.distribute.MPI()
    assert (ranks.rank, ranks.size, ranks.is_root, repr(ranks)) == (0, 1, True, "<MPI rank 0 of 1>")
    assert pickle.loads(pickle.dumps(ranks)).size == 1
