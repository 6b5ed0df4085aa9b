"""How the pages of a replay are made: files that load nothing, in which whatever came from records is escaped."""

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from serving.in_words.figures import in_its_place, written_minute

SHARED = ("style.css", "parts.html.j2")  # with the report of a training


def pages() -> Environment:
    """Return what renders them."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(_part),
        finalize=in_its_place,
    )
    environment.filters["minute"] = written_minute
    return environment


def _part(name: str) -> str:
    """Return one part of a page's template."""
    package = "model.report" if name in SHARED else "serving.replay"
    return files(package).joinpath("page", name).read_text(encoding="utf-8")
