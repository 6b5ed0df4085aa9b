"""Mutants: every kind of change is made, one at a time, and what nobody runs is left alone."""

import ast
from pathlib import Path

import pytest

from benchmarks import mutation
from benchmarks.mutation import innocent, mutants


def made_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> list[str]:
    """Return what is changed in a module of this source."""
    (tmp_path / "small.py").write_text(source)
    monkeypatch.setattr(mutation, "ROOT", tmp_path)
    return [each.change for each in mutants("small")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b < c", ["b < c -> b <= c", "b < c -> b > c"]),
        ("a = b is None", ["b is None -> b is not None"]),
        ("a = b | c", ["b | c -> b & c", "b | c -> b", "b | c -> c"]),
        ("a = b and c", ["b and c -> b or c", "b and c -> c", "b and c -> b"]),
        ("a = not b", ["not b -> b"]),
        ("a = 7", ["7 -> 8", "7 -> 6"]),
        ("a = True", ["True -> False"]),
        ("a = b(c, d=e)", ["b(c, d=e) -> b(c)"]),
        ("a = {b: c}", ["without {b: c}"]),
        ("a = (b, c)", ["without b", "without c"]),
        ("a = [b for b in c if d]", ["without d"]),
        ("a = b if c else d", ["b if c else d -> b", "b if c else d -> d"]),
        ("a = np.where(b, c, d)", ["np.where(b, c, d) -> np.where(b, d, c)"]),
        ("a = b.any()", ["b.any -> b.all"]),
        ("a = max(b, c)", ["max -> min"]),
        ("from c import YES, NO\na = YES", ["YES -> NO"]),
        ("from c import YES\na = YES", ["YES -> 0"]),
        ("a[b] = c", ["a[b] = c -> dropped"]),
        ("a |= b", ["a |= b -> dropped", "a |= b -> a &= b"]),
        ("if a:\n    b = c", ["if a: -> always", "if a: -> never"]),
        ("@refuses('x', reads=('y',))\ndef f(): ...", ["refuses('x', reads=('y',)) -> refuses('x')", "without 'y'"]),
    ],
    ids=str,
)
def test_this_is_made_of_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, expected: list[str]
) -> None:
    """All changes of one line, and no others."""
    assert made_of(tmp_path, monkeypatch, source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A text | another, 7 times."""',
        "a: int | None = b",
        "def f(a: int | None) -> int | None: return a",
        "raise ValueError(f'{7}', 7)",
        "Quiet = tuple[int, 7]",
        "@dataclass(frozen=True)\nclass A: pass",
        "from a import b",
    ],
    ids=str,
)
def test_what_nobody_runs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Docstrings, annotations, errors' texts, types, ways to store a value."""
    assert made_of(tmp_path, monkeypatch, source) == []


def test_the_same_change_twice_is_two_mutants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a name of its own, whatever its line."""
    assert made_of(tmp_path, monkeypatch, "a = not b\n\n\nc = not b") == ["not b -> b", "not b -> b (#2)"]


def test_a_mutant_differs_in_that_one_place_and_the_rest_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree is as before, once all are made."""
    (tmp_path / "small.py").write_text("def f(a, b):\n    return a < b and b < 9\n")
    monkeypatch.setattr(mutation, "ROOT", tmp_path)
    told = {}
    for each in [*mutants("small"), innocent("small")]:
        space: dict[str, object] = {}
        exec(each.code(), space)  # noqa: S102  (two lines of our own)
        told[each.change] = [space["f"](*pair) for pair in ((1, 1), (1, 9))]  # type: ignore[operator]
    assert told["as it is"] == [False, False]
    assert (told["a < b -> a <= b"], told["b < 9 -> b <= 9"]) == ([True, False], [False, True])
    assert len(told) == len({*told})


def test_every_decorated_filter_has_mutants() -> None:
    """The reason why no well-known tool is used: they skip these."""
    path = mutation.ROOT / "serving/policy/timing.py"
    filters = {
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    }
    assert filters <= {each.function for each in mutants("serving.policy.timing")}
