"""Worlds that several tests look at; each is made once."""

import pytest

from model.synthetic.world import World


@pytest.fixture(scope="session")
def shipped() -> World:
    """The world of data/sample."""
    return World.generate()


@pytest.fixture(scope="session")
def confounded() -> World:
    """A world in which an old rule chose whom to contact, and logged with which probability."""
    return World.generate(customers=8_000, seed=3, assignment="confounded")


@pytest.fixture(scope="session")
def small() -> World:
    """A world small enough for scalar loops."""
    return World.generate(customers=1_500, seed=11)


@pytest.fixture(scope="session")
def medium() -> World:
    """A world that is played three times."""
    return World.generate(customers=8_000, seed=21)
