"""The peers' side, in a process of its own and in the peers' environment: python policy_peers.py TASK.json.

Reads the rules in each language and the rows, builds every engine that is installed, and then answers lines on its
standard input: `answers ENGINE ROWS` gives the refusing codes of the first rows, `time ENGINE MANY` CPU seconds per row
in calls of that many. Building (parsing, compiling, the rows as each engine takes them) is not in the seconds.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

Answers = list[list[str]]
ENOUGH = 0.5  # CPU seconds of one measurement
Engine = Callable[[Sequence[Any]], Answers]  # prepared rows → refusing codes


def main(task_path: str) -> None:
    """Build the engines, tell their versions, and answer questions until the input ends."""
    task = json.loads(Path(task_path).read_text())
    engines: dict[str, tuple[Engine, list[Any]]] = {}
    told: dict[str, str] = {}
    for name, build in BUILDERS.items():
        try:
            engines[name] = build(task)
            told[name] = version(name)
        except Exception as error:  # noqa: BLE001  (an engine that is absent or refuses the rules is left out, and said so)
            told[name] = f"absent: {type(error).__name__}: {error}"[:300]
    say(told)
    for line in sys.stdin:
        what, name, many = line.split()
        decide, rows = engines[name]
        say(decide(rows[: int(many)]) if what == "answers" else timed(decide, rows, int(many)))


def say(value: object) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def timed(decide: Engine, rows: list[Any], many: int) -> float:
    """Return CPU seconds per row over calls of `many` rows, until all rows or half a second are over."""
    began, done = time.process_time(), 0
    while done < len(rows) and time.process_time() - began < ENOUGH:
        decide(rows[done : done + many])
        done += many
    return (time.process_time() - began) / min(done, len(rows))


def zen(task: Any) -> tuple[Engine, list[Any]]:
    """GoRules: a JSON decision model, a dictionary per row, one call each.

    A static loader: four times as fast as `create_decision`, and here faster than `evaluate_batch`.
    """
    import zen as library  # noqa: PLC0415  (absent is said, not raised)

    engine = library.ZenEngine({"loader": {"type": "static", "content": {"policy": task["zen"]}}})

    def decide(rows: Sequence[Any]) -> Answers:
        results = [engine.evaluate("policy", row)["result"] for row in rows]
        return [[code for code, true in result.items() if true] for result in results]

    return decide, task["rows"]


def cedar(task: Any) -> tuple[Engine, list[Any]]:
    """Cedar: the policies parsed once, no entities, the rows as the context's JSON; all rows of a call in one batch."""
    import cedarpy as library  # noqa: PLC0415  (as above)

    policies = library.PolicySet.from_str(task["cedar"])
    nobody = library.Entities.from_json_str("[]")
    who = {"principal": 'User::"u"', "action": 'Action::"send"', "resource": 'Message::"m"'}
    asks = [{**who, "context": json.dumps(row)} for row in task["rows"]]

    def decide(rows: Sequence[Any]) -> Answers:
        results = library.is_authorized_batch(list(rows), policies, nobody)
        return [[] if each.allowed else list(each.diagnostics.id_annotations_by_reason.values()) for each in results]

    return decide, asks


def cel_rust(task: Any) -> tuple[Engine, list[Any]]:
    """CEL by the Rust library: one program, a dictionary per row, one call each."""
    import cel as library  # noqa: PLC0415  (as above)

    program, codes = library.compile(task["cel"]), task["codes"]

    def decide(rows: Sequence[Any]) -> Answers:
        return [[code for code, true in zip(codes, program.execute(row), strict=True) if true] for row in rows]

    return decide, task["rows"]


def cel_cpp(task: Any) -> tuple[Engine, list[Any]]:
    """CEL by the C++ library: one checked program, a dictionary per row, one call each."""
    from cel_expr_python import cel as library  # noqa: PLC0415  (as above)

    environment = library.NewEnv(variables=dict.fromkeys(task["rows"][0], library.Type.INT))
    program, codes = environment.compile(task["cel"]), task["codes"]

    def decide(rows: Sequence[Any]) -> Answers:
        found = [program.eval(data=row).value() for row in rows]
        return [[code for code, true in zip(codes, truths, strict=True) if truth(true)] for truths in found]

    return decide, task["rows"]


def truth(value: Any) -> bool:
    """Return a truth that may come as the library's own value."""
    return bool(value.value() if hasattr(value, "value") else value)


def cel_python(task: Any) -> tuple[Engine, list[Any]]:
    """CEL by the pure Python library: one program, its own integers per row, one call each."""
    import celpy as library  # noqa: PLC0415  (as above)

    environment = library.Environment()
    program, codes = environment.program(environment.compile(task["cel"])), task["codes"]
    rows = [{name: library.celtypes.IntType(value) for name, value in row.items()} for row in task["rows"]]

    def decide(some: Sequence[Any]) -> Answers:
        return [[code for code, true in zip(codes, program.evaluate(row), strict=True) if true] for row in some]

    return decide, rows


BUILDERS: dict[str, Callable[[Any], tuple[Engine, list[Any]]]] = {
    "zen-engine": zen,
    "cedarpy": cedar,
    "common-expression-language": cel_rust,
    "cel-expr-python": cel_cpp,
    "cel-python": cel_python,
}

if __name__ == "__main__":
    main(sys.argv[1])
