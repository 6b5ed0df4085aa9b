import json
from pathlib import Path

import jsonschema
import pytest

from model.errors import InvalidInput
from serving.export_schemas import documents, export, main, written
from tests.serving.served import candidate, event

FOLDER = Path(__file__).parents[2] / "data" / "schema"
MADE = documents()
NAMES = sorted(MADE)


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_what_the_code_says(name: str) -> None:
    """A word that changed without a fresh export is caught: run `python -m serving.export_schemas data/schema`."""
    actual = (FOLDER / name).read_text(encoding="utf-8")

    assert actual == written(MADE[name])


def test_the_export_is_deterministic(tmp_path: Path) -> None:
    """Twice the same names and the same bytes."""
    first, second = export(tmp_path / "a"), export(tmp_path / "b")

    actual = [(tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in first]

    assert (first == second, set(actual)) == (True, {True})


def test_what_others_put_into_the_folder_stays(tmp_path: Path) -> None:
    """The export owns its own files only."""
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")

    main([str(tmp_path)])

    assert (tmp_path / "other.json").read_text(encoding="utf-8") == "{}"


def test_one_folder_must_be_named() -> None:
    """Without an argument nothing is written anywhere."""
    with pytest.raises(InvalidInput, match="name one folder"):
        main([])


@pytest.mark.parametrize("name", [name for name in NAMES if name != "openapi.json"])
def test_each_is_a_json_schema(name: str) -> None:
    """Every document is valid in its dialect and holds no path of a machine."""
    document = MADE[name]

    jsonschema.Draft202012Validator.check_schema(document)

    assert "/home/" not in json.dumps(document)


@pytest.mark.parametrize(
    ("name", "body", "fits"),
    [
        ("decision_request.json", candidate(), True),
        ("decision_request.json", candidate(channel="pigeon"), False),
        ("decision_request.json", candidate(force=True), False),
        ("event_request.json", event(), True),
        ("event_request.json", {"id": "x"}, False),
    ],
)
def test_bodies_fit_or_do_not(name: str, body: object, *, fits: bool) -> None:
    """An integrator's own validator agrees with ours."""
    actual = jsonschema.Draft202012Validator(MADE[name]).is_valid(body)

    assert actual == fits
