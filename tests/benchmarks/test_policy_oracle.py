"""The judge of a million cases: it counts what it saw, and it can say no."""

from collections import Counter

import pytest

from benchmarks import policy_oracle
from tests.judging import Group
from tests.oracle_time import Expected


def test_a_group_is_judged_and_counted() -> None:
    """Every occasion has one action, and the judges agree."""
    seen, wrong = policy_oracle.judged(3)
    assert (seen["send"] + seen["hold"] + seen["deny"], wrong) == (policy_oracle.OF_EACH, [])


def test_the_same_seed_is_the_same_group() -> None:
    """A disagreement can be looked at again."""
    assert policy_oracle.judged(4) == policy_oracle.judged(4)


def test_a_disagreement_is_told_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An oracle that holds everything disagrees with all that is not held."""
    monkeypatch.setattr(Group, "expected", lambda self: [Expected("hold", ())] * len(self.pairs))
    _, wrong = policy_oracle.judged(3)
    assert len(wrong) == policy_oracle.OF_EACH
    assert wrong[0].startswith("seed 3: said Expected(action=")


def test_the_report_has_the_rarest_and_the_verdict() -> None:
    """Met only where every reason and waiver came up and nobody disagreed."""
    all_of_them = Counter(dict.fromkeys(policy_oracle.WANTED, 5)) + Counter({"send": 90})
    met, rare, wrong = (
        policy_oracle.report(seen, found, 1.0)
        for seen, found in (
            (all_of_them, []),
            (all_of_them - Counter({"too_soon": 5}), []),
            (all_of_them, ["seed 7: so"]),
        )
    )
    assert met.endswith("met: 0 disagreements in 105 cases, 1 s")
    assert "never seen: too_soon\nNOT met" in rare
    assert "seed 7: so\nNOT met: 1 disagreements" in wrong


def test_the_exit_code_is_the_verdict(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Few cases do not show every reason: that is not met either."""
    asked: list[tuple[int, int]] = []

    def tried(seeds: range, processes: int) -> policy_oracle.Judged:
        asked.append((len(seeds), processes))
        return Counter(dict.fromkeys(policy_oracle.WANTED, len(seeds))), []

    monkeypatch.setattr(policy_oracle, "tried", tried)
    assert policy_oracle.main(["--cases", "250", "--processes", "3", "--first", "9"]) == 0
    monkeypatch.setattr(policy_oracle, "tried", lambda seeds, processes: (Counter(send=len(seeds) * processes), []))
    assert policy_oracle.main(["--cases", "100", "--processes", "1"]) == 1
    assert asked == [(3, 3)]
    assert "NOT met" in capsys.readouterr().out
