from concurrent.futures import ThreadPoolExecutor

from serving.metrics.catalogue import EVENTS, GROUP_SIZE, REASONS, SIZES
from serving.metrics.tally import Tally


def test_a_value_falls_into_the_first_bucket_that_it_does_not_exceed() -> None:
    """As Prometheus has it: at most the end; what exceeds all ends has a place of its own, and the sum comes last."""
    tally = Tally()
    tally.observe(GROUP_SIZE, (1, 2, 3, 256, 257))
    held = tally.spread[GROUP_SIZE.name,]
    assert held == [1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 519.0]
    assert len(held) == len(SIZES) + 2


def test_tallies_add_up_as_plain_json() -> None:
    """What two processes counted, one of them twice, is what all of it comes to."""
    one, other, total = Tally(), Tally(), Tally()
    one.add(EVENTS, "accepted", by=2)
    one.observe(GROUP_SIZE, (1, 3))
    other.add(EVENTS, "accepted")
    other.add(REASONS, "quiet_hours")
    other.observe(GROUP_SIZE, (300,))
    for said in (one.values(), other.values()):
        total.take(said)
    assert total.counts == {(EVENTS.name, "accepted"): 3, (REASONS.name, "quiet_hours"): 1}
    assert total.spread == {(GROUP_SIZE.name,): [1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 304.0]}


def test_nothing_is_lost_between_threads() -> None:
    """The event loop and the writer count the same things."""
    tally = Tally()

    def count(_: int) -> None:
        for _ in range(2000):
            tally.add(EVENTS, "accepted")
            tally.observe(GROUP_SIZE, (1,))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(4)))
    assert (tally.counts[EVENTS.name, "accepted"], tally.spread[GROUP_SIZE.name,][0]) == (8000, 8000)
