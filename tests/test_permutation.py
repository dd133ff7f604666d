"""A permutation that is computed: each number once, another order for another key, no pattern in sight."""

import numpy as np
import pytest

from tinygraph.permutation import permuted


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000, 4097])
def test_each_number_comes_once(n):
    order = permuted(np.arange(n), n, key=3)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


def test_any_part_of_it_is_that_part():
    whole = permuted(np.arange(1000), 1000, key=5)
    np.testing.assert_array_equal(permuted(np.array([7, 900, 3]), 1000, key=5), whole[[7, 900, 3]])


def test_the_key_chooses_the_order():
    orders = {permuted(np.arange(100), 100, key).tobytes() for key in (0, 1, (0, 1), (1, 1), 2**63)}
    assert len(orders) == 5
    assert permuted(np.arange(100), 100, 7).tobytes() == permuted(np.arange(100), 100, 7).tobytes()


def test_many_more_than_a_table_could_hold():
    n = 10**13 + 7
    found = permuted(np.arange(10_000), n, key=1)
    assert len(set(found.tolist())) == 10_000
    assert 0 <= found.min() < found.max() < n
    assert abs(found.mean() / n - 0.5) < 0.02


def test_where_a_number_goes_is_even_over_keys():
    """400 orders of 20: a number is in each place about 20 times (chi squared of 361 degrees: 361 ± 27)."""
    counts = np.zeros((20, 20))
    for key in range(400):
        counts[np.arange(20), permuted(np.arange(20), 20, key)] += 1
    chi_squared = ((counts - 20.0) ** 2 / 20.0).sum()
    assert 361 - 4 * 27 < chi_squared < 361 + 4 * 27


def test_neighbours_do_not_stay_neighbours():
    order = permuted(np.arange(4096), 4096, key=2)
    assert abs(np.corrcoef(order[:-1], order[1:])[0, 1]) < 0.06
    assert (np.abs(np.diff(order)) == 1).mean() < 0.01
