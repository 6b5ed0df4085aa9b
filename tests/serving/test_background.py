"""Work that is waited for only so long."""

import doctest
import threading

import pytest

from serving import background
from serving.background import begun


class Ended(BaseException):
    """What no `except Exception` catches."""


@pytest.mark.parametrize("error", [ValueError("x"), TimeoutError("x"), Ended("x")], ids=repr)
def test_what_it_raises_is_raised_where_it_is_waited_for(error: BaseException) -> None:
    """The very same, whatever it is."""

    def fails() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        begun(fails).result(timeout=20)
    assert raised.value is error


def test_what_takes_longer_goes_on_and_the_process_need_not_wait() -> None:
    """It is waited for no longer; what it comes to is there when it ends."""
    over = threading.Event()
    seen: list[bool] = []

    def slow() -> bool:
        seen.append(threading.current_thread().daemon)
        return over.wait(20)

    future = begun(slow)
    with pytest.raises(TimeoutError):
        future.result(timeout=0.02)
    going = future.done()
    over.set()
    assert (going, future.result(timeout=20), seen) == (False, True, [True])


def test_its_example_is_true() -> None:
    """The one of the module."""
    assert doctest.testmod(background).failed == 0
