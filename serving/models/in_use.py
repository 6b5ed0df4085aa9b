"""Which models answer at this moment: the one in charge and its challenger. They change between two groups only.

A group is decided in one transaction on the writer's thread, and everything in it asks here; so whoever puts another
model in does so on that thread, between two groups (`DecideLoop`), and no answer mixes two versions.
"""

from dataclasses import dataclass

from serving.ports import Scorer


@dataclass(slots=True, kw_only=True)
class InUse:
    """The models of one process. `degraded` says why there is no verified one in charge, or is None.

    Example:
        >>> InUse().version is None
        True
    """

    scorer: Scorer | None = None
    shadow: Scorer | None = None
    degraded: str | None = None

    @property
    def version(self) -> str | None:
        """What the answers call the model in charge; None where there is none."""
        return None if self.scorer is None else self.scorer.version
