from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.canonical import canonical
from model.manifest import (
    LIFETIME,
    check_format,
    only_keys,
    parse_canonical,
    parse_certificate,
    parse_hash,
    parse_issue,
    parse_shape,
    quotable,
    stamped,
    take,
    typed,
)
from tests.model.examples import certificate, scorer

HASH = "ab" * 32
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4))
def test_an_object_comes_back_from_its_canonical_bytes(value: dict[str, Any]) -> None:
    """What is written is what is read, and writing it again gives the same bytes."""
    assert canonical(parse_canonical(canonical(value))) == canonical(value)


@pytest.mark.parametrize(
    "data", [b'{"a":1} ', b'{"b":1,"a":2}', b'{"a":1.0e0}', '{"a":"ü"}'.encode(), b'{"a":01}', b"7"]
)
def test_a_second_spelling_is_refused(data: bytes) -> None:
    """Two byte strings for one object would be two hashes for one model."""
    with pytest.raises(ValueError, match="JSON"):
        parse_canonical(data)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, int), (True, float), (1, bool), ("1", float), (1.5, int), (None, str), ([], dict), ({}, list), (1, str)],
)
def test_kinds_are_not_mixed_up(value: Any, kind: type) -> None:
    """A bool is no number, a text is no number, null is nothing; the message says which field."""
    with pytest.raises(ValueError, match=rf"`field` is `.*`, not {kind.__name__}"):
        typed(value, kind, "field")


def test_a_whole_number_is_a_number() -> None:
    """1 is fine where 1.0 is asked for, as JSON has it."""
    assert (typed(1, float, "x"), type(typed(1, float, "x"))) == (1.0, float)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400])
def test_numbers_are_finite(value: float) -> None:
    """An integer that no float can hold is no number here."""
    with pytest.raises(ValueError, match="not a finite number"):
        typed(value, float, "x")


def test_null_is_taken_only_where_allowed_and_present() -> None:
    """Absent is not null."""
    assert take({"a": None}, "a", str, null=True) is None
    for mapping, null in (({"a": None}, False), ({}, True), ({}, False)):
        with pytest.raises(ValueError, match="`a` is `None`, not str"):
            take(mapping, "a", str, null=null)


def test_keys_are_compared_both_ways() -> None:
    """Missing and unknown keys are named together."""
    only_keys({"a": 1, "b": 2}, ("a", "b"))
    with pytest.raises(ValueError, match=r"missing keys \['b'\], unknown keys \['c'\]"):
        only_keys({"a": 1, "c": 2}, ("a", "b"))


@pytest.mark.parametrize("shape", [[], [1, 2, 3], [0], [-1], [2**20 + 1], [1.0], ["3"], [True], [None]])
def test_impossible_shapes_are_refused(shape: list[Any]) -> None:
    """One or two dimensions, each a whole number above 0 and at most 2^20."""
    with pytest.raises(ValueError, match="`shape` is"):
        parse_shape({"shape": shape, "sha256": HASH})


def test_a_shape_and_its_hash_are_read() -> None:
    """As the manifest states them."""
    assert parse_shape({"shape": [3, 7], "sha256": HASH}) == ((3, 7), HASH)


@pytest.mark.parametrize("value", ["", "ab", "AB" * 32, "g" * 64, HASH + "\n", HASH + "a"])
def test_only_a_sha256_in_lower_case_is_a_hash(value: str) -> None:
    """Sixty-four lower-case hex digits and nothing behind them."""
    with pytest.raises(ValueError, match="is not a SHA-256"):
        parse_hash(value)


def test_another_format_is_refused() -> None:
    """The message names what this version reads."""
    with pytest.raises(ValueError, match="this version reads `outreach-artefact/2`"):
        check_format("outreach-artefact/1")


def test_dates_are_kept_in_utc_to_the_second() -> None:
    """Paris noon is 11:00 UTC; microseconds do not matter to an expiry."""
    paris = datetime(2026, 11, 20, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=1)))
    assert stamped(HASH, paris)["issued_at"] == "2026-11-20T11:00:00Z"


@settings(max_examples=50, deadline=None)
@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(8999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  (hypothesis adds the zone)
def test_an_issue_comes_back_with_its_expiry(at: datetime) -> None:
    """What was issued expires 90 days later, for any date."""
    start = at.replace(microsecond=0)
    assert parse_issue(stamped(HASH, at), manifest_sha256=HASH) == (start, start + LIFETIME)


def test_an_issue_is_bound_to_its_manifest() -> None:
    """Dates of one model are no dates of another."""
    with pytest.raises(ValueError, match="belongs to another manifest"):
        parse_issue(stamped(HASH, NOON), manifest_sha256="cd" * 32)


def test_a_certificate_is_read_field_by_field() -> None:
    """Every field of the report's certificate is in the value that serving reads; its expiry is still open."""
    learned = scorer()
    stated = certificate(learned)
    actual = parse_certificate(stated, scorer_sha256=learned.sha256())
    assert (actual.issued, actual.cutoff, actual.n, actual.delta) == (True, 0.004, 20_000, 0.05)
    assert (actual.scope, actual.expires) == ((("delivery_update", "chat"),), None)
    assert [(b.harm, b.bound, b.alpha) for b in actual.bounds] == [
        ("complaint", 0.004, 0.005),
        ("opt_out", 0.004, 0.005),
    ]


def test_a_certificate_says_for_which_contact_it_holds() -> None:
    """Absent: the usual .95 and .02, as before the field was there."""
    learned = scorer()
    stated = [certificate(learned), certificate(learned) | {"contact_above": 0.9, "contact_below": 0.1}]
    read = [parse_certificate(each, scorer_sha256=learned.sha256()) for each in stated]
    assert [(each.contact_above, each.contact_below) for each in read] == [(0.95, 0.02), (0.9, 0.1)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"contact_above": 1.0},
        {"contact_above": 0.01},
        {"contact_below": 0.0},
        {"contact_below": 0.96},
        {"contact_above": "0.95"},
        {"contact_above": None},
        {"contact_below": True},
        {"contact_below": float("nan")},
    ],
)
def test_impossible_contact_probabilities_are_refused(wrong: dict[str, Any]) -> None:
    """Both inside (0, 1), the lower one below."""
    learned = scorer()
    with pytest.raises(ValueError, match="contact_"):
        parse_certificate(certificate(learned) | wrong, scorer_sha256=learned.sha256())


def test_a_certificate_not_issued_needs_no_scorer() -> None:
    """Nothing is claimed, so nothing need be bound; a claim for another scorer is refused all the same."""
    learned = scorer()
    stated = certificate(learned, issued=False)
    assert parse_certificate(stated | {"scorer_sha256": None}, scorer_sha256=learned.sha256()).issued is False
    with pytest.raises(ValueError, match="not for this one"):
        parse_certificate(stated | {"scorer_sha256": HASH}, scorer_sha256=learned.sha256())


def test_a_sentence_is_what_the_figures_say() -> None:
    """With it, without it (artefacts written before it was there), and with the day until which it holds."""
    learned = scorer()
    said = quotable(certificate(learned))
    read = parse_certificate(certificate(learned) | {"sentence": said}, scorer_sha256=learned.sha256())
    assert read == parse_certificate(certificate(learned), scorer_sha256=learned.sha256())
    assert "at most 5 extra complaints and at most 5 opt-outs per 1,000 contacts" in said
    assert quotable(certificate(learned), NOON) == f"{said[:-1]}; valid until 20 November 2026, 12:00 UTC."


@pytest.mark.parametrize("issued", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.replace("5", "4"),
        lambda said: said + " ",
        lambda said: said.lower(),
        lambda _said: "",
        lambda _said: None,
        lambda _said: ["With 99 % confidence, no harm."],
    ],
    ids=["another figure", "a blank", "lower case", "nothing", "null", "a list"],
)
def test_a_sentence_that_the_figures_do_not_say_is_refused(change: Callable[[str], Any], *, issued: bool) -> None:
    """Nobody may quote an artefact for what it does not hold."""
    learned = scorer()
    stated = certificate(learned, issued=issued)
    told = change(quotable(stated)) if issued else change("5 harms. " + quotable(stated))
    with pytest.raises(ValueError, match="`sentence`"):
        parse_certificate(stated | {"sentence": told}, scorer_sha256=learned.sha256())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"alpha": {}}, "`alpha` names"),
        ({"alpha": {"complaint": 0.005}}, "`alpha` names"),
        ({"alpha": {"complaint": 0.005, "opt_out": 0.005, "anger": 0.005}}, "`alpha` names"),
        ({"alpha": {"complaint": 0.005, "opt_out": 0.001}}, "one bound per harm"),
        ({"bounds": []}, "one bound per harm"),
        ({"bounds": certificate(scorer())["bounds"][:1] * 2}, "one bound per harm"),
        ({"bounds": certificate(scorer())["bounds"] * 2}, "one bound per harm"),
        ({"bounds": [each | {"bound": 1.01} for each in certificate(scorer())["bounds"]]}, "is no rate"),
        ({"bounds": [each | {"bound": -0.01} for each in certificate(scorer())["bounds"]]}, "is no rate"),
        ({"scope": [["upsell", "chat"]]}, "not a known purpose and channel"),
        ({"scope": [["delivery_update", "letter"]]}, "not a known purpose and channel"),
    ],
    ids=lambda case: str(case)[:70],
)
def test_half_a_certificate_is_refused(change: dict[str, Any], words: str) -> None:
    """Both harms, each with the limit that was certified, for messages that there are."""
    learned = scorer()
    with pytest.raises(ValueError, match=words):
        parse_certificate(certificate(learned) | change, scorer_sha256=learned.sha256())


def test_the_order_of_the_bounds_changes_nothing_that_is_said() -> None:
    """Complaints are named first, and their bound is."""
    stated = certificate(scorer())
    stated["bounds"] = [stated["bounds"][0] | {"bound": 0.001}, stated["bounds"][1] | {"bound": 0.003}]
    both = [quotable(stated), quotable(stated | {"bounds": stated["bounds"][::-1]})]
    assert (both[0] == both[1], "at most 1 and 3)" in both[0]) == (True, True)


@settings(max_examples=150, deadline=None)
@given(field=st.sampled_from(sorted(certificate(scorer()))), value=VALUES)
def test_no_value_in_any_field_breaks_the_reader(field: str, value: Any) -> None:
    """A certificate is read or refused; there is no third way."""
    learned = scorer()
    with suppress(ValueError):
        parse_certificate(certificate(learned) | {field: value}, scorer_sha256=learned.sha256())
