"""Every block of every page runs, is read, is another test's, or says why not; `tests.docs` says the rules."""

from pathlib import Path

import pytest

from tests.docs.checks import RUN, no_commands, not_to_be_given, of_no_kind, ours, that_fail, unreadable
from tests.docs.data import READ
from tests.docs.pages import all_blocks, page, pages
from tests.docs.stage import Stage

SHOWN = {  # indented paragraphs that are no command, by their first word: formulas, listings, what somebody says
    "data/README.md": ["P(annoyed)", "helped:"],
    "docs/analytics.md": ["effect", "contacts_prevented"],
    "docs/batch.md": ["decisions-00000-<run>.parquet", "`decisions`"],
    "docs/events.md": ["triggers:"],
    "docs/for_chat_engineers.md": ["send"],
    "docs/observability.md": ["PSI", "outreach_feature_psi"],
    "docs/threat-model.md": ["browser"],
    "docs/wording.md": ["m(S)"],
}
EVERY = [each for name in pages() for each in all_blocks(name)]
RUNNING = [name for name in pages() if any(each.language in RUN for each in ours(all_blocks(name)))]


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    """Whatever is neither run nor read here is another test's, or says why not."""
    assert of_no_kind(EVERY) == []


def test_an_indented_paragraph_is_a_command_or_known_to_be_none() -> None:
    """One whose first word is misspelt is not taken for prose."""
    found = {name: no_commands(page(name)) for name in pages()}
    assert {name: words for name, words in found.items() if words} == SHOWN


@pytest.mark.parametrize("language", READ)
def test_data_can_be_read(language: str, tmp_path: Path) -> None:
    """As what it is: settings as settings, a policy as a policy."""
    assert unreadable([each for each in EVERY if each.language == language], tmp_path) == []


@pytest.mark.parametrize("name", RUNNING)
def test_commands_and_programs_run(name: str, stage: Stage) -> None:
    """Those of a page one after the other, as a reader would."""
    assert that_fail(all_blocks(name), stage) == []


@pytest.mark.parametrize("name", pages())
def test_every_command_of_ours_can_be_given(name: str) -> None:
    """Also what another test runs, and what is not run: no page names a command or an option that is none."""
    assert not_to_be_given(all_blocks(name)) == []
