"""The tests of the pages can fail: pages that are made up, each wrong in one way, and beside it the same put right."""

from pathlib import Path
from typing import Final

import pytest

from tests.docs.checks import no_commands, not_to_be_given, of_no_kind, that_fail, unreadable
from tests.docs.pages import Block, all_blocks, blocks_of
from tests.docs.reading import read_by
from tests.docs.stage import Stage

WHY: Final = "\n*Not run by the tests: it needs a cluster.*\n"


def fenced(language: str, text: str) -> str:
    """Return a block of a page."""
    return f"Some words.\n\n```{language}\n{text}\n```\n"


def indented(text: str) -> str:
    """Return a command line of a page."""
    return f"Some words.\n\n    {text}\n\nMore words.\n"


def made(text: str) -> tuple[Block, ...]:
    """Return the blocks of a page that nobody has."""
    return blocks_of("docs/made_up.md", text)


BAD_COMMANDS: Final = {
    "option": (indented("outreach doctor --wholly"), "--wholly"),
    "option of a part": (fenced("sh", "outreach keys list --wholly"), "--wholly"),
    "option behind a variable": (fenced("sh", "A=b python3 run.py outreach doctor --wholly"), "--wholly"),
    "option before a pipe": (fenced("sh", "outreach policy reasons --wholly | head"), "--wholly"),
    "command": (indented("outreach docter"), "docter"),
    "value": (indented("outreach serve --port eighty"), "eighty"),
    "not run": (fenced("sh", "outreach doctor --wholly") + WHY, "--wholly"),
}


@pytest.mark.parametrize(("text", "said"), BAD_COMMANDS.values(), ids=BAD_COMMANDS)
def test_a_command_that_is_none_fails(text: str, said: str) -> None:
    """Whatever stands around it, and whether it would be run or not."""
    (wrong,) = not_to_be_given(made(text))
    assert said in wrong


def test_a_program_that_is_misspelt_is_named() -> None:
    """It is no command, so it must be known not to be one."""
    actual = [no_commands(indented(f"{word} doctor")) for word in ("outreech", "outreach", "./outreach")]
    assert actual == [["outreech"], [], []]


FAILING: Final = {
    "shell": fenced("sh", "ls gone"),
    "shell, in the middle": fenced("sh", "ls gone\necho done"),
    "shell, in a pipe": fenced("sh", "ls gone | cat"),
    "python": fenced("python", "assert 1 == 2"),
    "javascript": fenced("javascript", "throw new Error();"),
    "js": fenced("js", "nothing();"),
    "ours": indented("outreach explain 01JD3QXJ5VKM8A7T2C9WZ4N6RE"),
    "ours, with another code than the page says": indented("outreach policy reasons # exit code 2"),
    "the API": fenced("sh", 'curl -sf -H "Authorization: Bearer $KEY" "$API/v1/gone"'),
}


@pytest.mark.parametrize("text", FAILING.values(), ids=FAILING)
def test_a_block_that_fails_fails(text: str, stage: Stage) -> None:
    """Unless it says why it is not run."""
    excused = text.removesuffix("More words.\n") + WHY
    assert (len(that_fail(made(text), stage)), that_fail(made(excused), stage)) == (1, [])


@pytest.mark.parametrize("language", ["text", "http", "html", "mermaid", "", "bash", "java"])
def test_a_block_of_no_kind_says_why_not(language: str) -> None:
    """Without a reason it is named; with one, as the next paragraph or within, it is not."""
    bare = fenced(language, "GET /")
    inside = fenced(language, "GET / # not run by the tests: it needs a cluster")
    far = bare + "\nOther words first.\n" + WHY
    actual = [of_no_kind(made(text)) for text in (bare, bare + WHY, inside, far)]
    assert actual == [[f"docs/made_up.md:3 {language}"], [], [], [f"docs/made_up.md:3 {language}"]]


UNREADABLE: Final = {
    "json": '{"a": 1,}',
    "json, an event": '{"specversion": "1.0", "type": "shipment.delayed"}',
    "json, a candidate": '{"user": {"id": "u-17"}, "purpose": "p", "message": {"template": "t"}}',
    "yaml": "a: [",
    "yaml, a policy": "triggers:\n  - id: late\n    on: shipment.delayed\n    when: event.data.delay_hours >=\n",
    "toml": "a = ",
    "toml, settings": "port = 99999999",
    "ini": "[Unit",
}


@pytest.mark.parametrize(("kind", "text"), UNREADABLE.items(), ids=UNREADABLE)
def test_data_that_cannot_be_read_fails(kind: str, text: str, tmp_path: Path) -> None:
    """As data, or as what is ours."""
    assert len(unreadable(made(fenced(kind.partition(",")[0], text)), tmp_path)) == 1


(THEIRS,) = [each for each in all_blocks("docs/keys.md") if each.language == "python"]
IMPORT: Final = "from tests.docs.pages import block, blocks, lines\n"
LEFT: Final = {
    "only spoken of": '"""It reads block("docs/keys.md", "python")."""\n',
    "of another page": 'block("docs/clients.md", "python")\n',
    "of another language": 'block("docs/keys.md", "js")\n',
    "a language that is computed": 'block("docs/keys.md", language)\n',
    "a page that is computed": 'block(name, "python")\n',
    "a number that is computed": 'blocks("docs/keys.md", "python")[number]\n',
    "an attribute": 'pages.block("docs/keys.md", "python")\n',
}


@pytest.mark.parametrize("code", LEFT.values(), ids=LEFT)
def test_a_block_is_left_to_nobody_who_does_not_read_it(code: str) -> None:
    """What is not written out as a call with page and language is not read."""
    assert THEIRS not in [*read_by(IMPORT + code)]


def test_a_block_is_left_to_whoever_reads_it() -> None:
    """By a call of the very function, not of another that is called the same."""
    code = 'assert run(block("docs/keys.md", "python"))\n'
    own = "from tests.docs.pages import page\ndef block(name, language): ...\n"
    actual = [[*read_by(start + code)] for start in (IMPORT, own, "import tests.docs.pages\n")]
    assert actual == [[THEIRS], [], []]
