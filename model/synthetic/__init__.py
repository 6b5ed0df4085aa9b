"""A seeded world whose truth is known: customers, events, occasions, outcomes, and what contact really does to each.

    World.generate(customers=2_000, seed=1).table()      the training table of CONTRACT section 3
    World.generate(…).contacts()                         and the raw logs of CONTRACT section 10
    World.generate(…).truth                              the true effect of contact on every row of the table

`python -m model.synthetic --out data/sample` writes the shipped sample. Nothing here is read when serving.
"""

from model.synthetic.world import World

__all__ = ["World"]
