"""What a rule of contact is worth per occasion, against contacting nobody: mean[π·Γu], π = 1 where the rule contacts.

Reported at cut-off 0, at the certified cut-off and at shares of 10–100 %, never used to select: when most customers
benefit, all scorers tie at "everyone". Thresholds come from D1, so that on D2 they are fixed and the intervals need no
rank term.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from model.contracts import JSON
from model.evaluation import Influenced

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SAME = 1e-12  # scores nearer than this are equal
TIED = 0.01  # of the rows at the threshold of a share: more, and the share cannot be met
SHARES = tuple(round(0.1 * k, 1) for k in range(1, 11))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Worth(Influenced):
    """What a rule is worth, relative to nobody, and the share of rows that it contacts."""

    contacted: float


def worth(contacts: Floats, gamma: Floats) -> Worth:
    """Return the value of a rule that contacts row i with probability `contacts[i]`, fixed beforehand."""
    gained = contacts * gamma
    estimate = float(np.mean(gained))
    return Worth(estimate=estimate, influence=gained - estimate, contacted=float(np.mean(contacts)))


def worth_at_random(contacts: Floats, gamma: Floats) -> Worth:
    """Return the value of contacting the same share as a rule does, chosen at random: mean π · mean Γu."""
    share, mean = float(np.mean(contacts)), float(np.mean(gamma))
    influence = share * (gamma - mean) + mean * (contacts - share)
    return Worth(estimate=share * mean, influence=influence, contacted=share)


def policy_value(
    scores: dict[str, Floats], gamma: Floats, cluster: Ints, thresholds: dict[str, Floats]
) -> dict[str, JSON]:
    """Return the report's `policy_value`: at cut-off 0, the paired differences, and by share.

    `scores` and `thresholds` hold `model` and `response`; thresholds float64[10] are their D1 quantiles for `SHARES`.
    `ties` marks a share that equal scores keep from being met: more than 1 % of the rows stand at its threshold.
    """
    model, response = ((scores[name] >= 0.0).astype(np.float64) for name in ("model", "response"))
    rules = _rules(model, response, gamma)
    at_shares = []
    for k, share in enumerate(SHARES):
        at, baseline = (
            np.ones(len(gamma)) if share == 1.0 else (scores[name] >= thresholds[name][k]).astype(np.float64)
            for name in ("model", "response")
        )
        tied = share < 1.0 and float(np.mean(np.abs(scores["model"] - thresholds["model"][k]) <= SAME)) > TIED
        at_shares.append({"share": share, "ties": tied} | _described(_rules(at, baseline, gamma), cluster))
    return _described(rules, cluster) | {"at_shares": at_shares}


def certified_value(
    scores: dict[str, Floats], gamma: Floats, cluster: Ints, *, cutoff: float | None
) -> dict[str, JSON] | None:
    """Return the report's `policy_value.certified`: the rule at the certified cut-off, which is the one to be used.

    Its value is the gate's; `random` contacts as many; `differences` pair it with every other rule, `model` being the
    one at cut-off 0. None without a certificate.
    """
    if cutoff is None:
        return None
    model, response = ((scores[name] >= 0.0).astype(np.float64) for name in ("model", "response"))
    contacts = (scores["model"] >= cutoff).astype(np.float64)
    rule = worth(contacts, gamma)
    random = worth_at_random(contacts, gamma)
    others = _rules(model, response, gamma) | {"random": random}
    gaps = {f"certified_minus_{name}": asdict(rule.minus(other, cluster)) for name, other in others.items()}
    return {"cutoff": cutoff, "contacted": rule.contacted, "differences": gaps} | {
        **asdict(rule.interval(cluster)),
        "random": asdict(random.interval(cluster)) | {"contacted": random.contacted},
    }


def _rules(model: Floats, response: Floats, gamma: Floats) -> dict[str, Worth]:
    """Return the five rules of the report."""
    everyone = np.ones(len(gamma))
    return {
        "model": worth(model, gamma),
        "everyone": worth(everyone, gamma),
        "nobody": worth(0.0 * everyone, gamma),
        "random": worth_at_random(model, gamma),
        "response": worth(response, gamma),
    }


def _described(rules: dict[str, Worth], cluster: Ints) -> dict[str, JSON]:
    """Return each rule relative to nobody with the share that it contacts, and the model less each of the others."""
    stated: dict[str, JSON] = {
        name: asdict(rule.interval(cluster)) | {"contacted": rule.contacted} for name, rule in rules.items()
    }
    others = {f"model_minus_{name}": rule for name, rule in rules.items() if name != "model"}
    return stated | {
        "differences": {name: asdict(rules["model"].minus(rule, cluster)) for name, rule in others.items()}
    }
