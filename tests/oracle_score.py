"""The oracle on the second question and the draw, of what the policy lets through and is not essential."""

from tests.oracle_facts import World


def score_refusals(world: World) -> set[str]:
    """Return what the second question and the draw refuse."""
    if drawn_by_experiment(world):
        return {"held_out"} if world.experiment == "held_out" else set()
    missing = set()
    if world.net_benefit is None:
        missing.add("score_unavailable")
    if not certified(world):
        missing.add("no_certificate")
    if missing or arm_of(world) == "policy_only":
        return missing
    below = {"below_cutoff"} if world.net_benefit < world.cutoff else set()
    return below | ({"held_out"} if arm_of(world) == "holdout" else set())


def certified(world: World) -> bool:
    """Whether a certificate lets the score decide; nothing stops a plan, which contacts nobody."""
    return world.cutoff is not None and (world.plan or not world.stopped)


def drawn_by_experiment(world: World) -> bool:
    """Whether a running experiment, and not the score, decides."""
    return not certified(world) and not world.stopped and world.experiment is not None and not world.plan


def arm_of(world: World) -> str | None:
    """Return the arm that was drawn, of what the policy lets through: None in a plan, and where nothing may be sent."""
    if drawn_by_experiment(world):
        return "experiment"
    return world.arm if certified(world) and world.net_benefit is not None and not world.plan else None


def would_thank(world: World) -> tuple[bool, bool | None]:
    """Whether the second question was asked, and its answer, of what the policy lets through."""
    if drawn_by_experiment(world):
        return False, None
    return True, certified(world) and world.net_benefit is not None and world.net_benefit >= world.cutoff
