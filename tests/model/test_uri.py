"""How a registry's model is named."""

import pytest

from model.errors import InvalidInput
from model.uri import is_registered, parts, versioned


def test_a_folder_is_no_registrys() -> None:
    """Nor is nothing."""
    named = ["models:/outreach@champion", "models:/x", "artefact", "./models:", None]
    assert [is_registered(name) for name in named] == [True, True, False, False, False]


@pytest.mark.parametrize("uri", ["models:/outreach@champion", "models:/outreach/7"])
def test_a_version_is_named_of_the_same_model(uri: str) -> None:
    """Whether an alias or another version stood there."""
    assert (parts(uri)["name"], versioned(uri, "3")) == ("outreach", "models:/outreach/3")


@pytest.mark.parametrize("uri", ["models:/", "models:/outreach", "models:/a/b/7", "models:/a@b/7", "models:/a@b c"])
def test_what_names_no_model_is_refused(uri: str) -> None:
    """With the form that is wanted."""
    with pytest.raises(InvalidInput, match="write models:/outreach@champion or models:/outreach/7"):
        versioned(uri, "1")
