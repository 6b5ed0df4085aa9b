"""Reading what `GET /metrics` says."""

from prometheus_client.parser import text_string_to_metric_families

from tests.serving.served import Served

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    """Return every sample, by its name and labels."""
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def read(api: Served) -> Samples:
    """Ask for the metrics."""
    answer = api.get("/metrics")
    assert answer.status_code == 200, answer.text
    return samples(answer.text)


def of(found: Samples, name: str, **labels: str) -> float | None:
    """Return one sample, None where it is not there."""
    return found.get((name, frozenset(labels.items())))


def grown(before: Samples, after: Samples, name: str) -> dict[frozenset[tuple[str, str]], float]:
    """Return by how much the samples of a name grew, those that did."""
    more = {key[1]: value - before.get(key, 0) for key, value in after.items() if key[0] == name}
    return {labels: value for labels, value in more.items() if value}


def labels(**given: str) -> frozenset[tuple[str, str]]:
    """Return labels as samples have them."""
    return frozenset(given.items())
