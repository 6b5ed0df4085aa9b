import tomllib
from pathlib import Path

import pandas as pd
import pytest

from model.history import FEATURES
from model.reading.roles import Roles
from model.synthetic.__main__ import main
from model.synthetic.customers import ATTRIBUTES
from model.synthetic.files import LEARNED_FROM, frames, history, roles
from model.synthetic.world import World
from model.table import Table

DATA = Path(__file__).parents[3] / "data"
SAMPLE = DATA / "sample"
KIB = 1024


def test_the_shipped_files_are_what_the_generator_makes(shipped: World) -> None:
    """Every Parquet file of data/sample decodes to exactly the generated frame, and no other file lies there."""
    made = frames(shipped)
    for name, frame in made.items():
        pd.testing.assert_frame_equal(pd.read_parquet(SAMPLE / f"{name}.parquet"), frame)

    assert {path.name for path in SAMPLE.iterdir()} == {
        *(f"{name}.parquet" for name in made),
        "roles.toml",
        "history.toml",
    }


def test_the_shipped_roles_are_what_the_generator_writes(shipped: World) -> None:
    """roles.toml is generated too."""
    assert (SAMPLE / "roles.toml").read_text(encoding="utf-8") == roles(shipped)


def test_the_shipped_history_is_what_the_generator_writes(shipped: World) -> None:
    """history.toml is generated too."""
    assert (SAMPLE / "history.toml").read_text(encoding="utf-8") == history(shipped)


def test_the_sample_is_small_to_clone_and_large_enough_to_certify() -> None:
    """No file over 1 MiB, the folder at most 4 MiB, at least 40,000 occasions."""
    sizes = [path.stat().st_size for path in SAMPLE.iterdir()]

    assert max(sizes) <= KIB * KIB
    assert sum(sizes) <= 4 * KIB * KIB
    assert len(pd.read_parquet(SAMPLE / "table.parquet", columns=["occasion_id"])) >= 40_000


def test_the_table_is_accepted_as_shipped() -> None:
    """The checker reads table and roles without a complaint, with a constant propensity of one half."""
    table = Table.read(SAMPLE / "table.parquet", Roles.read(SAMPLE / "roles.toml"))

    assert table.propensity_constant
    assert table.propensity is not None
    assert set(table.propensity.tolist()) == {0.5}
    assert table.complaint is not None
    assert table.opt_out is not None
    assert list(table.features) == [*ATTRIBUTES, "purpose", "channel", *LEARNED_FROM]
    assert set(LEARNED_FROM) <= set(FEATURES)


def test_the_sample_has_everything_that_a_sceptic_reads() -> None:
    """So that a report on it shows every check: the time of the features, versions, outcomes before, three windows."""
    table = Table.read(SAMPLE / "table.parquet", Roles.read(SAMPLE / "roles.toml"))

    assert table.roles.features_time == "decided_at"
    assert table.version is not None
    assert len(set(table.version)) == 4
    assert list(table.before) == ["benefit", "opt_out"]
    assert {outcome: list(days) for outcome, days in table.windows.items()} == {
        "benefit": [3, 7, 28],
        "complaint": [7, 14, 28],
    }


def test_the_certificate_defaults_are_the_contracts() -> None:
    """Half a percent of each harm, 95 % confidence, weights of one and no cost."""
    actual = tomllib.loads((SAMPLE / "roles.toml").read_text(encoding="utf-8"))

    assert actual["certificate"] == {"complaint_at_most": 0.005, "opt_out_at_most": 0.005, "confidence": 0.95}
    assert actual["weights"] == {"benefit": 1.0, "complaint": 1.0, "opt_out": 1.0, "contact": 0.0}


def test_truth_is_no_feature() -> None:
    """The truth stands in a file of its own; none of its columns is in the table."""
    truth = set(pd.read_parquet(SAMPLE / "truth.parquet").columns) - {"occasion_id"}

    assert truth & set(pd.read_parquet(SAMPLE / "table.parquet").columns) == set()


@pytest.mark.parametrize("name", ["table", "contacts", "engagements", "complaints", "customers", "events", "truth"])
def test_the_dictionary_describes_every_column(name: str) -> None:
    """data/README.md has a section for each file that names each of its columns."""
    text = (DATA / "README.md").read_text(encoding="utf-8")
    section = text.split(f"### `sample/{name}.parquet`")[1].split("\n### ")[0].split("\n## ")[0]
    missing = [c for c in pd.read_parquet(SAMPLE / f"{name}.parquet").columns if f"`{c}`" not in section]

    assert missing == []


def test_the_dictionary_states_the_true_effects() -> None:
    """The figures in data/README.md's table of the truth are those of truth.parquet, as rounded there."""
    text = (DATA / "README.md").read_text(encoding="utf-8").replace("−", "-")
    truth = pd.read_parquet(SAMPLE / "truth.parquet")
    for name in ("helped", "indifferent", "annoyed", "everyone"):
        cells = next(line for line in text.splitlines() if line.startswith(f"| {name} |")).split("|")[2:6]
        stated = [float(cell.split()[0]) for cell in cells]
        mine = truth if name == "everyone" else truth[truth["response"] == name]
        effects = mine[["tau_benefit", "tau_complaint", "tau_opt_out"]].astype(float).mean() * 100
        actual = [len(mine) / len(truth) * 100, *effects]
        assert stated == [round(value, digits) for value, digits in zip(actual, (1, 1, 2, 2), strict=True)]

    assert f"{len(truth):,} rows" in text


def test_the_command_writes_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m model.synthetic --out …` writes all files and prints each with its size."""
    code = main(["--out", str(tmp_path / "world"), "--customers", "300", "--seed", "9"])
    printed = capsys.readouterr().out.splitlines()

    assert code == 0
    assert [line.split()[0] for line in printed] == [str(path) for path in sorted((tmp_path / "world").iterdir())]
    expected = World.generate(customers=300, seed=9).table()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "world" / "table.parquet"), expected)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [([], 0.5), (["--propensity", "0.3"], 0.3), (["--confounded"], "propensity"), (["--hide-propensity"], None)],
)
def test_the_roles_tell_the_propensity_as_it_is(tmp_path: Path, flags: list[str], expected: float | str | None) -> None:
    """A number where it is constant, the logged column where it varies, no role at all where it is hidden."""
    main(["--out", str(tmp_path), "--customers", "200", *flags])

    assert tomllib.loads((tmp_path / "roles.toml").read_text(encoding="utf-8")).get("propensity") == expected


def test_the_command_refuses_to_guess_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --out nothing is written."""
    with pytest.raises(SystemExit) as stopped:
        main([])

    assert stopped.value.code == 2
    assert "--out" in capsys.readouterr().err
