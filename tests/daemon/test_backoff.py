import pytest
from loop_bench import seeded

from mainsql.daemon.backoff import Backoff

BACKOFF = Backoff(base=1.0, cap=300.0)


@pytest.mark.parametrize("seed", range(20))
def test_every_pause_is_in_the_upper_half_of_what_is_due(seed):
    random = seeded(seed)
    for failures in range(1, 40):
        due = min(300.0, 2.0**failures)
        assert max(1.0, due / 2) <= BACKOFF.pause(failures, random.random()) <= due


def test_chance_spreads_them():
    random = seeded(7)
    pauses = {round(BACKOFF.pause(20, random.random())) for _ in range(200)}
    assert len(pauses) > 80
    assert min(pauses) < 160
    assert max(pauses) > 290


def test_it_grows_on_the_whole():
    pauses = [BACKOFF.pause(failures, 0.0) for failures in range(1, 12)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 1.0
    assert pauses[-1] == 150.0


def test_none_is_shorter_than_the_base_even_where_the_cap_is_small():
    assert Backoff(base=4.0, cap=5.0).pause(3, 0.0) == 4.0


def test_it_outlives_any_number_of_failures():
    assert BACKOFF.pause(1_000_000, 0.99) <= 300.0
