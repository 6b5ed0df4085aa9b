"""What is said about an evaluation policy; `dataclasses.asdict` of each is JSON."""

from dataclasses import dataclass

from model.contracts import Interval
from model.off_policy.bias import Bias
from model.off_policy.weights import PartWeight


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Interval):
    """A mean outcome under the evaluation policy, with the evenness of the weights behind it.

    `effective_sample_size` is Kish's, in clusters. `largest_weight` is that of a row.
    """

    effective_sample_size: float
    largest_weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipped(Estimate):
    """An estimate whose weights above `clip` are cut, `clipped_rows` of them.

    `clipped_share` is how much of all weight that takes, in expectation over the draw. The interval is about what the
    clipped estimate aims at; `bias` is how far that may be from the truth, None where outcomes have no bounds.
    """

    clip: float
    clipped_rows: int
    clipped_share: float
    bias: Bias | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClippedDifference(Interval):
    """A difference of two clipped estimates; `bias` is its worst bias, None where outcomes have no bounds."""

    bias: Bias | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """An evaluation policy minus another, or minus the logging policy, paired on the same rows.

    The doubly robust ones are None without means.
    """

    ips: Interval
    self_normalised: Interval
    doubly_robust: Interval | None
    clipped_ips: ClippedDifference
    clipped_doubly_robust: ClippedDifference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OffPolicy:
    """What an evaluation policy would have brought per row, by every estimator.

    `logged` is the mean outcome under the logging policy, `against_logging` the difference from it. `contacts` and
    `contacted` are the shares that the evaluation policy contacts and that the log did. `mean_weight` is 1 in
    expectation: far from it, the propensities are not those of the log, or what would weigh most was not drawn, and
    `notes` say so. They also say what is not known, and why.
    """

    rows: int
    clusters: int
    contacts: float
    contacted: float
    logged: Interval
    ips: Estimate
    self_normalised: Estimate
    doubly_robust: Estimate | None
    clipped_ips: Clipped
    clipped_doubly_robust: Clipped | None
    against_logging: Differences
    mean_weight: Interval
    parts: tuple[PartWeight, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two evaluation policies on the same log, and the first minus the second."""

    first: OffPolicy
    second: OffPolicy
    difference: Differences
