"""The library's own tree: read, written, read again; and what was made of it."""

from pathlib import Path

import pytest
from cel_expr_python import cel

from serving.events.variables import VARIABLES
from serving.triggers.expressions import checked
from serving.triggers.fault import Fault
from serving.triggers.kinds import UNKNOWN
from serving.triggers.names import INSTANTS, path_of, spelled, variable
from serving.triggers.rewriting import strict
from serving.triggers.syntax_tree import DEEPEST, Form, Node, constant, null, parse, serialise, unsigned
from serving.triggers.wire import chunk, chunks, read, signed, whole, write
from tests.serving.triggers.asking import NOW

EVERYTHING = (
    "event.data.x.exists(v, v.a == 'é') ? {'a': [1, 2u, -2.5, b'ab', true]} == event.data['z'] "
    ': has(event.data.q) && !event.data.t[0].startsWith("\\u00e9\\"")'
)


def nodes(node: Node) -> list[Node]:
    """A node and all below it."""
    return [node, *(each for part in node.parts for each in nodes(part))]


def bare(node: Node) -> tuple[object, ...]:
    """A node without its numbers."""
    return (node.form, node.name, node.flag, node.raw, node.names, tuple(map(bare, node.parts)))


@pytest.mark.parametrize(
    "source",
    [
        EVERYTHING,
        "1 < 2",
        "[].size() == 0",
        "{}.size() == 0",
        "event.data.x.map(a, a > 1, a * 2) == [4]",
        "-9223372036854775808 < 1",
    ],
)
def test_a_tree_that_is_written_reads_the_same(source: str) -> None:
    """Every form of node, every sort of constant; and the library takes it back."""
    root = checked(source).root
    written = serialise(root)
    assert bare(parse(written).root) == bare(root)
    assert cel.NewEnv().deserialize(written) is not None


def test_constants_are_read() -> None:
    """Truths, whole numbers with and without sign, doubles, texts, bytes."""
    found = [each for each in nodes(checked(EVERYTHING).root) if each.form is Form.CONSTANT]
    assert [constant(each) for each in found] == [False, "é", "a", 1, 2, -2.5, b"ab", True, "z", 0, 'é"']
    assert [unsigned(each) for each in found].index(True) == 4
    assert [null(each) for each in nodes(checked("event.data.x == null").root)].count(True) == 1


def test_only_constants_have_a_value() -> None:
    """Asking another node is a mistake in our code."""
    with pytest.raises(ValueError, match="not a constant"):
        constant(checked("now == now").root)


def test_names_are_found_however_they_are_written() -> None:
    """Dots and brackets are the same name; a computed one is none."""
    sources = [
        "event.data.a.b",
        'event.data["a"].b',
        'event["data"]["a"]["b"]',
        "event.data[event.id]",
        "now",
        "[1][0]",
    ]
    paths = [
        path_of(checked(f"{source} == 1" if source != "now" else "now == now").root.parts[0]) for source in sources
    ]
    assert paths == [("event", "data", "a", "b")] * 3 + [None, ("now",), None]


def test_places_are_offsets() -> None:
    """Where each node stands in the text, also behind letters of several bytes."""
    tree = checked('"éé" == event.data.parcel')
    assert tree.places[tree.root.parts[1].parts[0].parts[0].id] == 8


def test_names_are_spelled_as_they_are_written() -> None:
    """What is no identifier stands in brackets."""
    assert spelled(("event", "data", "order-id", "é")) == 'event.data["order-id"]["é"]'


def test_a_loop_reads_single_values_only() -> None:
    """The same name is another variable there."""
    root = checked("event.data.rows.exists(x, x == event.data.page) && event.data.page == 'a'").root
    found = strict(root, dict.fromkeys((each.id for each in nodes(root)), UNKNOWN))
    rows, page = ("event", "data", "rows"), ("event", "data", "page")
    assert found.variables == (variable(rows), variable(page, single=True), variable(page))
    assert found.needed == (variable(rows),)


def test_the_strict_form_has_no_forgiving_connective() -> None:
    """No `&&`, no `||`, no name of ours: choices and variables."""
    source = "event.data.a == 1 && (event.data.b != 2 || !has(event.data.c)) && event.data.l.all(x, x > 1)"
    root = checked(source).root
    found = nodes(strict(root, dict.fromkeys((each.id for each in nodes(root)), UNKNOWN)).root)
    names = {each.name for each in found if each.form is Form.CALL}
    idents = {each.name for each in found if each.form is Form.IDENT}
    assert (names & {"_&&_", "_||_"}, idents & {*VARIABLES}) == (set(), set())


def test_a_deep_tree_is_refused() -> None:
    """The library stops at 32 levels; were that to change, we stop soon after."""
    node = Node(1, Form.IDENT, "x")
    for _ in range(DEEPEST):
        node = Node(1, Form.SELECT, "a", (node,))
    with pytest.raises(Fault, match="nested too deeply"):
        parse(serialise(node))


def test_the_library_takes_an_instant_only_where_it_is_declared() -> None:
    """Why all times that an expression may read stand in `INSTANTS`, and why something is compiled first."""
    program = cel.NewEnv(variables={"now": cel.Type.TIMESTAMP}).compile("now").serialize()
    fresh = cel.NewEnv(variables={"now": cel.Type.TIMESTAMP})
    unready = fresh.deserialize(program).eval(data={"now": NOW}).type()
    fresh.compile("true")
    ready = fresh.deserialize(program).eval(data={"now": NOW}).type()
    assert (unready, ready) == (cel.Type.ERROR, cel.Type.TIMESTAMP)
    assert {each.key for each in INSTANTS if not each.single} == {"now", "event.time", "session.started_at"}


def test_an_error_of_the_library_is_a_text() -> None:
    """The trap that this library sets: what failed is truthy."""
    found = cel.NewEnv().compile("1 / 0 == 1").eval()
    assert (found.type(), bool(found.value())) == (cel.Type.ERROR, True)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, 2**31, 2**63 - 1, -1, -(2**63)])
def test_numbers_keep_their_value_on_the_wire(number: int) -> None:
    """Up to 64 bits, with sign."""
    assert signed(whole(read(write([(1, 0, number)])), 1)) == number


def test_fields_keep_their_order_on_the_wire() -> None:
    """Numbers, bytes, doubles, the same field twice; an absent one is nothing."""
    fields = [(1, 2, b"a"), (2, 0, 7), (3, 1, b"12345678"), (1, 2, b"b")]
    found = read(write(fields))
    assert (found, chunks(found, 1), chunk(found, 1), chunk(found, 9), whole(found, 9)) == (
        fields,
        [b"a", b"b"],
        b"b",
        b"",
        0,
    )


@pytest.mark.parametrize("message", [b"\x08", b"\x0a\x05a", b"\x0d1234", b"\x08" + b"\x80" * 11, b"\x09123"], ids=repr)
def test_what_is_no_message_is_refused(message: bytes) -> None:
    """Cut short, of an unknown wire type, a number without end."""
    with pytest.raises(ValueError, match=r"message ends|wire type"):
        read(message)


@pytest.mark.parametrize("node", [b"", b"\x10\x01"], ids=repr)
def test_a_node_of_no_form_is_refused(node: bytes) -> None:
    """A tree that we do not understand is never evaluated."""
    with pytest.raises(ValueError, match="no known form"):
        parse(write([(2, 2, write([(4, 2, node)]))]))


def test_one_file_knows_the_library() -> None:
    """Another one for it would have one file to replace."""
    root = Path(__file__).resolve().parents[3]
    found = [path.name for path in root.glob("serving/**/*.py") if "cel_expr" in path.read_text(encoding="utf-8")]
    assert found == ["expressions.py"]
