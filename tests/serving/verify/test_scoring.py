"""Promise 3 through `decide`: what lets a score, an arm or a standing permit is found."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from model.contracts import Action, Candidate, Context, Shares
from serving.arms import Exploration
from serving.decide import decide
from serving.policy.policy import digest_of
from serving.ports import Decided
from serving.standing import Standing
from serving.verify import scoring
from serving.verify.occasions import NAMES, NOW, occasion, policy
from serving.verify.scoring import CUTOFF, Fault, Said, World, good_ones, occasions, of_scores, told
from serving.verify.subject import FULL, Subject
from tests.serving.verify.broken import TINY, promises

SHARES = Shares()
GOOD = Said(SHARES, 1e9, CUTOFF, permit=True, hold=True, watching="right")


def test_the_score_never_permits_here() -> None:
    """A sample of all combinations, through the installed `decide`."""
    part = of_scores(Subject(), TINY, 0, 1)
    assert (list(part.failures), part.cases > 300) == ([], True)


def test_the_good_occasions_are_good() -> None:
    """One of every purpose, all permitted by the policy: what is refused next to them is refused for a reason."""
    part = good_ones(Subject(), FULL)
    assert (list(part.failures), part.cases) == ([], len(NAMES))
    assert {occasion(name).candidate.purpose for name in NAMES} >= {"onboarding", "remediation", "requested_reminder"}


def test_a_policy_that_refuses_everything_is_found() -> None:
    """It keeps every other promise."""

    def grim(*args: Any, **options: Any) -> list[Decided]:
        return decide(args[0], [replace(each, opted_out=True) for each in args[1]], **options)

    failures = good_ones(Subject(decide=grim), FULL).failures
    assert {failure.about for failure in failures} == set(NAMES) - {"critical"}
    assert "opted_out" in failures[0].says


def overruled(answer: Decided) -> Decided:
    """Send it all the same."""
    return replace(answer, decision=replace(answer.decision, action=Action.SEND))


def enthusiastic(
    candidates: Sequence[Candidate], contexts: Sequence[Context], *, scorer: Any, **options: Any
) -> list[Decided]:
    """Send whatever a large score wants."""
    answers = decide(candidates, contexts, scorer=scorer, **options)
    large = isinstance(scorer, Said) and scorer.figure == 1e9
    return [overruled(answer) if large else answer for answer in answers]


def careless(candidates: Sequence[Candidate], contexts: Sequence[Context], **options: Any) -> list[Decided]:
    """Forget that the switch has fallen."""
    given = options["exploration"]
    if isinstance(given, Exploration):
        options["exploration"] = replace(given, standing=replace(given.standing, trip=None))
    return decide(candidates, contexts, **options)


def unwatched(*about: Any, scorer: Any, **options: Any) -> list[Decided]:
    """Take a certificate for other shares for one of these."""
    trusted = replace(scorer, hold=True, watching="right") if isinstance(scorer, Said) else scorer
    return decide(*about, scorer=trusted, **options)


def fond(*about: Any, scorer: Any, **options: Any) -> list[Decided]:
    """Hold essential service back where the score is low."""
    answers = decide(*about, scorer=scorer, **options)
    low = isinstance(scorer, Said) and scorer.figure == -1e9
    return [replace(each, decision=replace(each.decision, action=Action.DENY)) if low else each for each in answers]


def rash(candidates: Sequence[Candidate], contexts: Sequence[Context], **options: Any) -> list[Decided]:
    """Let everything go without a certificate."""
    answers = decide(candidates, contexts, **options)
    return [overruled(each) if each.decision.agent_would_send.answer else each for each in answers]


@pytest.mark.parametrize("broken", [enthusiastic, careless, unwatched, fond, rash])
def test_a_way_round_the_certificate_is_found(broken: Any) -> None:
    """Promise 3, with occasion, figure, certificate, arm and standing."""
    failures = of_scores(Subject(decide=broken), replace(TINY, thin=37), 0, 1).failures
    assert promises(failures) == {3}
    assert {"occasion", "net benefit", "cut-off", "arm", "standing"} <= set(failures[0].example)


def test_a_score_that_changes_a_refusal_s_words_is_found() -> None:
    """The same refusal, but another set of reasons: the score has no say in it."""

    def chatty(candidates: Any, contexts: Any, *, scorer: Any, **options: Any) -> list[Decided]:
        answers = decide(candidates, contexts, scorer=scorer, **options)
        return [
            replace(each, decision=replace(each.decision, reasons=each.decision.reasons[:1])) if scorer else each
            for each in answers
        ]

    failures = of_scores(Subject(decide=chatty), replace(TINY, thin=37), 0, 1).failures
    assert any("no say" in failure.says for failure in failures)


def test_every_failure_of_a_scorer_is_among_them() -> None:
    """Figures, cut-offs, leave, shares and watches: each wrong one by itself, and all of them crossed."""
    said = [each for each, _ in told()]
    kinds = [scoring.FIGURES, scoring.CUTOFFS, scoring.PERMITS, scoring.HOLDS, scoring.WATCHES]
    for place, values in enumerate(kinds):
        assert {str(each[place]) for each in said} == {str(value) for value in values}
    assert len(said) == 3 * 360 + 11 * 16 + 22


def test_the_scorer_says_what_it_is_told() -> None:
    """Figures of the right and the wrong shape, failures where they are asked for."""
    assert GOOD.score([{}, {}]).net_benefit.tolist() == [1e9, 1e9]
    assert len(replace(GOOD, figure="too many").score([{}]).net_benefit) == 2
    assert isinstance(replace(GOOD, figure="no numbers").score([{}]).net_benefit, list)
    with pytest.raises(Fault):
        replace(GOOD, figure="raises").score([{}])
    with pytest.raises(Fault):
        _ = replace(GOOD, cut="raises").cutoff
    with pytest.raises(Fault):
        replace(GOOD, hold="raises").holds_for(SHARES)
    with pytest.raises(Fault):
        _ = replace(GOOD, watching="raises").watch


def test_the_scorer_s_watch() -> None:
    """None, its own shares', or another's."""
    right, none, other = (replace(GOOD, watching=each).watch for each in ("right", None, "other"))
    assert right is not None
    assert other is not None
    assert (right.contact_above, none) == (SHARES.above, None)
    assert other.contact_above != SHARES.above


def test_a_certificate_may_hold_at_another_time_only() -> None:
    """`not now`: permitted at every instant but this."""
    other = replace(GOOD, permit="not now")
    assert (other.permits("a", "b", NOW), other.permits("a", "b", NOW.replace(year=2027))) == (False, True)


def test_the_worlds_differ() -> None:
    """A plan has no exploration; trips, silences and experiments stand as named."""
    assert World("plan", "free").exploration() is None
    standings = {}
    for state in scoring.STANDINGS:
        given = World("model", state).exploration()
        standings[state] = Standing() if given is None else given.standing
    assert [standings[name].stopped for name in ("tripped", "silent", "free")] == ["tripped", "silent", None]
    assert {name for name, each in standings.items() if each.experiment} == {
        "contacted",
        "held out",
        "over",
        "tripped in one",
    }


def test_every_kind_of_ruling_is_among_the_occasions() -> None:
    """Permitted, denied, held, both, unknown, unreadable, without evidence, of every mark."""
    named = occasions()
    ones, known = [each.candidate for each in named.values()], [each.context for each in named.values()]
    answers = decide(ones, known, ids=[*named], now=NOW, policy=policy(), scorer=GOOD, exploration=None)
    actions = {name: each.decision.action for name, each in zip(named, answers, strict=True)}
    assert set(actions.values()) == set(Action)
    assert {name for name, action in actions.items() if action is Action.SEND} >= {
        "ordinary, permitted",
        "essential, permitted",
        "critical, permitted",
    }
    assert actions["ordinary, held until after its expiry"] is Action.DENY
    assert digest_of(named["ordinary, permitted"].candidate, policy()) is not None
