"""`outreach policy judge`: a company's texts, in order, one answer each; as JSON, and for people."""

import io
import json
from pathlib import Path

import pytest

from model.contracts import JSON
from model.errors import InvalidInput
from serving.cli import run
from serving.cli.policy.judge import LONGEST_TEXT
from serving.cli.policy.texts_given import LONGEST, texts_of
from serving.policy.linear import SILENT
from serving.policy.wording import RULES, Wording

SOLD = "Your parcel A-7 is late. Get 20% off your next order!"
SERVICE = "Your parcel A-7 now arrives on Friday. Reply to change the address."


@pytest.fixture(autouse=True)
def rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model adds to the rules is tested with the model."""
    monkeypatch.setattr("serving.cli.policy.judge.shipped_wording", lambda: Wording(SILENT))


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A file with one text that sells, one that does not, and one that says nothing."""
    path = tmp_path / "texts.jsonl"
    said = [{"text": SOLD, "id": 7}, {"text": SERVICE}, {"text": "Just checking in!", "n": [1.5, None]}]
    path.write_text("\n\n".join(json.dumps(each) for each in said) + "\n  \n", "utf-8")
    return path


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, JSON]]:
    """What was answered."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_text_is_answered_in_order(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the keys of the contract; a veto is no failure."""
    code = run(["policy", "judge", str(texts), "--json"])
    found = rows(capsys)
    assert (code, [(row["text"], row["verdict"], row["codes"]) for row in found]) == (
        0,
        [
            (SOLD, "veto", ["promotional_wording"]),
            (SERVICE, "pass", []),
            ("Just checking in!", "veto", ["generic_wording"]),
        ],
    )
    assert all(list(row)[:6] == ["text", "verdict", "codes", "spans", "score", "judged"] for row in found)
    assert [0 <= row["score"] <= 1 and (row["score"] >= 0.5) == (row["verdict"] == "veto") for row in found] == [
        True
    ] * 3


def test_a_finding_says_where_why_and_what_to_write(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The span in characters, the words, the rule, who says so, what instead; as the veto has it."""
    run(["policy", "judge", str(texts), "--json"])
    row = rows(capsys)[0]
    verdict = Wording(SILENT).judge(SOLD)
    assert row["spans"] == [list(span) for span in verdict.spans]
    assert row["findings"] == [
        {
            "rule": each.rule,
            "code": each.code,
            "start": each.start,
            "end": each.end,
            "said": SOLD[each.start : each.end],
            "source": RULES[each.rule].source,
            "suggestion": RULES[each.rule].suggestion,
        }
        for each in verdict.findings
    ]
    assert "% off" in [each["said"] for each in row["findings"]]


def test_places_are_no_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the notation."""
    said = ["Hi {{1}}, your order {order} from [Brand] is on its way.", "%NAME%: ready <b>now</b>", "*|FNAME|* XXXX"]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps({"text": each}) for each in said))
    run(["policy", "judge", str(path), "--json"])
    assert [row["verdict"] for row in rows(capsys)] == ["pass"] * 3


def test_a_text_comes_back_as_it_was_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Line ends, signs of other alphabets, what cannot be seen, nothing at all."""
    said = ["a\n\tb\u2028c", "نص", "o\u200bff\u0000", "", " ", "\U0001f4e6"]
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(json.dumps({"text": each}) for each in said).encode())
    code = run(["policy", "judge", str(path), "--json"])
    found = [json.loads(line)["text"] for line in capsys.readouterr().out.split("\n") if line]
    assert (code, found) == (0, said)


def test_a_person_reads_what_was_found(texts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict, the line, the words, the rule, its source, what to write; then what it comes to."""
    code = run(["policy", "judge", str(texts)])
    said = capsys.readouterr().out.splitlines()
    rule = RULES["price_cut"]
    assert (code, said[0], said[-1].partition(";")[0]) == (0, f"VETO  line 1: {SOLD}", "3 texts judged: 1 pass, 2 veto")
    assert f"pass  line 3: {SERVICE}" in said
    assert said[1:4] == [
        "      “% off”: price_cut (promotional_wording)",
        f"          source:  {rule.source}",
        f"          instead: {rule.suggestion}",
    ]
    assert "untied_offer 1" in said[-1]


def test_a_terminal_is_not_steered_by_a_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Signs that steer it are `?`, and a long text that passes is cut."""
    path = tmp_path / "t.jsonl"
    path.write_text(
        "\n".join(json.dumps({"text": f"\x1b[2J {said} " + "word " * 100}) for said in ("Shop now!", "Late."))
    )
    run(["policy", "judge", str(path)])
    shown = capsys.readouterr().out
    passed = next(line for line in shown.splitlines() if line.startswith("pass")).removeprefix("pass  line 2: ")
    assert (shown.startswith("VETO  line 1: ?[2J Shop now! word"), "\x1b" in shown) == (True, False)
    assert (passed.startswith("?[2J Late. word"), len(passed)) == (True, LONGEST_TEXT)


@pytest.mark.parametrize(
    "more", ["a word and ", "x" * 300 + " ", "-" * 300 + " "], ids=["words", "one word", "hyphens"]
)
def test_a_text_that_is_refused_is_shown_whole(more: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrapped at spaces, further in than what was found: nobody has to guess what stood where."""
    path, said = tmp_path / "t.jsonl", f"Your parcel is late. {more * 12}Shop now!"
    path.write_text(json.dumps({"text": said}))
    run(["policy", "judge", str(path)])
    lines = capsys.readouterr().out.splitlines()
    end = next(place for place, line in enumerate(lines) if line.startswith("      “Shop now"))
    text = [lines[0].removeprefix("VETO  line 1: "), *(line.removeprefix(" " * 14) for line in lines[1:end])]
    longest = max(map(len, [*said.split(), "x" * LONGEST_TEXT]))
    assert (" ".join(text), end > 1, max(map(len, text)) <= longest) == (said, True, True)


def test_every_rule_has_its_own_advice_and_its_place_in_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """However many they are."""
    said = (
        "Now at half price. Our best deal of the summer. Limited stock, hurry! Shop our lamps today. Picked for you. "
    )
    said += "Here is a voucher for your trouble. Introducing our new range. Your points expire on Friday. We miss you! "
    said += "Win a weekend in Paris. Read our latest blog. Invite a friend. Join the community. How did we do?"
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"text": said}))
    run(["policy", "judge", str(path)])
    lines = capsys.readouterr().out.splitlines()
    rules = {each.rule for each in Wording(SILENT).judge(said).findings}
    heads = {place: rule for place, line in enumerate(lines) for rule in rules if f": {rule} (" in line}
    advice = {rule: lines[place + 2].removeprefix("          instead: ") for place, rule in heads.items()}
    assert (len(rules) > 10, advice) == (True, {rule: RULES[rule].suggestion for rule in rules}), rules
    assert {each.split()[0] for each in lines[-1].partition("; ")[2].split(", ")} == rules


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As `-`."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "It is late."}')))
    assert (run(["policy", "judge", "-", "--json"]), rows(capsys)[0]["text"]) == (0, "It is late.")


BAD: list[tuple[bytes, str]] = [
    (b"", "holds no text; write"),
    (b"\n \n\t\n", "holds no text; write"),
    (b'{"text": "a"}\n\n{"text": 3}\n{"text": "b"}', 'line 3: its `text` is not a string; write `{"text": "…"}` on it'),
    (b'{"text": null}', "line 1: its `text` is not a string"),
    (b'{"text": "a"}\n[{"text": "b"}]', "line 2: it is not an object"),
    (b'"a"', "line 1: it is not an object"),
    (b'{"txt": "a"}', "line 1: it has no `text`"),
    (b'{"text": "a"', "line 1: it is not JSON (expecting ',' delimiter at character 13)"),
    (b"Your parcel is late.", "line 1: it is not JSON (expecting value at character 1)"),
    (b'{"text": "a", "n": NaN}', "line 1: it is not JSON (`NaN` is no number)"),
    (b'{"text": "a", "text": "b"}', "line 1: `text` stands twice"),
    (b'{"text": "\xff"}', "line 1: byte 11 is not UTF-8; save the file as UTF-8"),
    (b"\xff\xfe{\x00", "line 1: byte 1 is not UTF-8"),
    (b'{"text": "\\ud800"}', "line 1: its `text` holds half of a surrogate pair"),
    (b'{"text": ' + b"[" * 100_000, "line 1: it is nested too deeply"),
    (b'{"text": "' + b"a" * LONGEST, f"line 1: it is longer than {LONGEST} bytes"),
]


@pytest.mark.parametrize(("content", "problem"), BAD, ids=range(len(BAD)))
def test_a_bad_line_is_named_and_those_before_it_are_answered(
    content: bytes, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, one line: file, line, problem, next step."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(content)
    code = run(["policy", "judge", str(path), "--json"])
    shown = capsys.readouterr()
    before = content.count(b'{"text": "a"}\n')
    assert (code, problem in shown.err, len(shown.err.splitlines())) == (2, True, 1), shown.err
    assert (shown.err.startswith(f"outreach: `{path}`"), len(shown.out.splitlines())) == (True, before)


@pytest.mark.parametrize(("path", "problem"), [("missing.jsonl", "does not exist"), (".", "is a folder")])
def test_a_path_that_is_no_file_is_refused(
    path: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to name instead."""
    monkeypatch.chdir(tmp_path)
    code = run(["policy", "judge", path])
    assert (code, f"`{path}` {problem}; name a file of JSON lines" in capsys.readouterr().err) == (2, True)


def test_numbers_of_any_length_and_other_keys_are_nobodys_business() -> None:
    """Only `text` is read of an object."""
    line = b'{"id": ' + b"9" * 10_000 + b', "x": 1e999, "text": "a", "y": {"text": "b"}}'
    assert [(given.number, given.text) for given in texts_of(io.BytesIO(line), "t")] == [(1, "a")]


def test_texts_are_read_as_they_are_asked_for() -> None:
    """A file of any size is never held: what comes after a bad line is not read at all."""
    given = texts_of(io.BytesIO(b'{"text": "a"}\n{"text": 1}\n' + b'{"text": "c"}\n' * 9), "t")
    assert next(given).text == "a"
    with pytest.raises(InvalidInput, match="line 2"):
        next(given)


def test_a_text_of_100_kb_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its last words as well."""
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"text": "Your parcel is late. " * 5000 + "Shop now!"}))
    run(["policy", "judge", str(path), "--json"])
    [row] = rows(capsys)
    assert [row["text"][start:end] for start, end in row["spans"]] == ["Shop now"]


def test_another_language_is_said_to_be_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It passes, since nothing is found, and says that it was not judged."""
    said = [SERVICE, "Ihr Paket kommt nun am Freitag bei Ihnen an.", "Ihr Black Friday beginnt jetzt!"]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json.dumps({"text": each}) for each in said))
    run(["policy", "judge", str(path), "--json"])
    found = [(row["verdict"], row["judged"]) for row in rows(capsys)]
    run(["policy", "judge", str(path)])
    shown = capsys.readouterr().out.splitlines()
    assert found == [("pass", True), ("pass", False), ("veto", False)]
    assert shown[2] == "      not in English as far as can be told: let a person read it"
    assert shown[-1].startswith("3 texts judged: 2 pass (of which 1 not in English as far as can be told), 1 veto; ")
