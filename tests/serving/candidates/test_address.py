"""What names a place on disk, and what only Spark reads."""

from pathlib import Path

import pytest

from serving.candidates.address import is_remote, path_of
from serving.cli import run


@pytest.mark.parametrize(
    ("address", "remote", "path"),
    [
        ("one.csv", False, "one.csv"),
        ("/data/one%20.csv", False, "/data/one%20.csv"),
        ("file:/data/one.csv", False, "/data/one.csv"),
        ("file:///data/one%20day.csv", False, "/data/one day.csv"),
        ("s3a://data/one.csv", True, "s3a://data/one.csv"),
    ],
)
def test_the_address_of_a_place_on_disk_is_its_path(address: str, *, remote: bool, path: str) -> None:
    """Whatever is no address is a path as it stands."""
    assert (is_remote(address), path_of(address)) == (remote, path)


def test_without_spark_a_remote_address_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says what reads it."""
    code = run(["batch", "s3a://data/one.csv", "--out", str(tmp_path / "out")])
    said = "outreach: `s3a://data/one.csv` is read through Spark alone; add `--engine spark`, or give a path\n"
    assert (code, capsys.readouterr().err) == (2, said)
