"""What the modules of `serving.policy` say, as one digest: whoever judges by other words or patterns has another.

Rules and tables are code, so their source is what tells two of them apart; a comment counts as well. The line endings
of a checkout do not.
"""

import pkgutil
from functools import cache
from hashlib import sha256
from importlib.resources import files

from model.errors import InvalidInput
from serving import policy

READING = (  # what makes the features of a text of its words; who judges them is not among these
    *("courting", "english_words", "glued", "hidden_words", "letters", "markup", "offers_abroad", "phrases"),
    *("phrasing", "pitches", "tokens", "wording"),
)


@cache
def source_digest(modules: tuple[str, ...] | None = None) -> str:
    """Return `sha256:…` over the source of modules of `serving.policy`, by name; None: all of them.

    Raises:
        InvalidInput: a module is there, or is asked for, without its source.
    """
    whole = sha256()
    for name in sorted(each.name for each in pkgutil.iter_modules(policy.__path__)) if modules is None else modules:
        whole.update(f"{name} {sha256(_source(name).encode()).hexdigest()}\n".encode())
    return f"sha256:{whole.hexdigest()}"


def _source(module: str) -> str:
    try:
        return files(policy).joinpath(f"{module}.py").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"the source of `serving.policy.{module}` cannot be read ({type(error).__name__}), and a policy's version "
            "covers it; install outreach with its sources"
        ) from None
