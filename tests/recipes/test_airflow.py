"""The recipe for Airflow: its function fits into the DAG file of docs/scheduling.md, and holds no secret."""

import ast
import re

from serving.settings import load_settings
from tests.docs.pages import block

MINE = block("docs/recipes/airflow.md", "python")
DAG = block("docs/scheduling.md", "python")
TREE = ast.parse(MINE)


def assigned(name: str) -> ast.expr:
    """Return what a name of the block stands for."""
    return next(
        node.value for node in TREE.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )


def test_it_takes_the_place_of_the_function_there() -> None:
    """The same name and arguments, once; together they compile."""
    old = next(node for node in ast.parse(DAG).body if isinstance(node, ast.FunctionDef))
    (new,) = [node for node in TREE.body if isinstance(node, ast.FunctionDef)]
    compile(DAG + MINE, "dags/outreach.py", "exec")
    assert (new.name, ast.dump(new.args)) == (old.name, ast.dump(old.args))


def test_what_it_sets_besides_is_the_environment() -> None:
    """Every argument of the one there, with the secrets and the worker's own path."""

    def arguments(text: str) -> set[str | None]:
        (call,) = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and _is_ours(node)]
        return {keyword.arg for keyword in call.keywords}

    assert arguments(MINE) - arguments(DAG) == {"env", "append_env"}


def _is_ours(node: ast.Call) -> bool:
    return ast.unparse(node.func) == "Outreach"


def test_its_variables_are_settings_and_no_password_is_written() -> None:
    """What Airflow fills in comes from the connection; the rest is read by libpq and by us."""
    secrets: dict[str, str] = ast.literal_eval(assigned("SECRETS"))
    filled = {name: re.sub(r"\{\{.*?\}\}", "word", text) for name, text in secrets.items()}
    settings = load_settings(environ={name: text for name, text in filled.items() if name.startswith("OUTREACH_")})
    actual = (settings.ledger, filled["PGPASSWORD"], set(filled) - {"PGPASSWORD"})
    assert actual == ("postgresql://word@word/word", "word", {"OUTREACH_LEDGER", "OUTREACH_TRACKING_URI"})


def test_the_ledger_is_no_argument_of_its_own() -> None:
    """The address stands in the environment, not in a command line that a process list shows."""
    assert ast.literal_eval(assigned("LEDGER")) == '--ledger "$OUTREACH_LEDGER"'
