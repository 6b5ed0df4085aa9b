"""What is compiled: two ways through a forest, written for numba, and the script that hands over their machine code.

`walk` takes a row through all trees at once: every step moves each walk that has not ended, so that the processor works
on many independent walks. `masks` takes 64 rows through one tree at once without a single jump: every question that
a row answers with "right" strikes out the leaves on its left, and the first leaf that is left is the row's
(QuickScorer, Lucchese et al. 2015; over rows as in RapidScorer, Ye et al. 2018). Both add leaves in the order of the
trees, without `fastmath`: the bits are those of `model.trees.walk`. `model.trees.kernel_tables` says what the arrays
hold; every index in them was checked there. Only addresses come in here: nothing is counted, raised or allocated.

`model.trees.kernel` runs this file as a script in a process of its own, because numba takes a second and 150 MB; only
the machine code comes back. Nothing imports it: numba and its compiler never enter a process that serves.
"""

import base64
import json
import os
import sys
from typing import Any

if __name__ == "__main__" and "yielding" in sys.argv[1:]:
    os.nice(19)  # whoever started it answers requests: this takes what they leave of the processor

from llvmlite import binding
from llvmlite.ir import IntType
from numba import njit, types
from numba.extending import intrinsic

ROWS = 64  # that `masks` takes through a tree at once
LOWEST = float("-inf")
ALL = 0xFFFF_FFFF_FFFF_FFFF
FEATURE, MISSING_LEFT, SET = 21, 42, 43  # where a link's parts begin; its first 21 bits are the left child
PART = (1 << 21) - 1
WORDS = 9  # of a set of levels, the last one for what is missing


def _at(_context: Any, pointer: Any, index: Any) -> Any:
    """Read one number."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.load(builder.gep(arguments[0], [arguments[1]]))

    return pointer.dtype(pointer, index), code


def _put(_context: Any, pointer: Any, index: Any, _value: Any) -> Any:
    """Write one number."""

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], builder.gep(arguments[0], [arguments[1]]))
        return context.get_dummy_value()

    return types.void(pointer, index, pointer.dtype), code


def _lowest(_context: Any, bits: Any) -> Any:
    """Return the place of the lowest bit that is set."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], IntType(1)(0))

    return types.int64(bits), code


at, put, lowest = intrinsic(_at), intrinsic(_put), intrinsic(_lowest)


def walk(  # noqa: PLR0913, PLR0917  (addresses and sizes, as compiled code takes them)
    figures: Any, links: Any, words: Any, roots: Any, heads: Any, count: Any,
    codes: Any, rows: Any, width: Any, out: Any, columns: Any, now: Any, left: Any,
) -> None:  # fmt: skip
    """Add to `out` [rows, columns] the leaves that each row of `codes` [rows, width] reaches."""
    trees = at(heads, 3 * count - 1)
    for row in range(rows):
        base = row * width
        alive = 0
        for tree in range(trees):
            node = at(roots, tree)
            put(now, tree, node)
            put(left, alive, tree)
            alive += at(links, 2 * node + 1) >= 0
        while alive > 0:
            kept = 0
            for place in range(alive):
                tree = at(left, place)
                node = at(now, tree)
                link = at(links, 2 * node + 1)
                value = at(codes, base + ((link >> FEATURE) & PART))
                missing_left = (link >> MISSING_LEFT) & 1
                right = (value > at(figures, 2 * node)) | ((value != value) & (missing_left == 0))  # noqa: PLR0124  (NaN)
                asked = link >> SET
                if asked > 0:
                    code = int(value) if (value >= 0.0) & (value < 256.0) else 256 + missing_left
                    right = ((at(words, (asked - 1) * WORDS + (code >> 5)) >> (code & 31)) & 1) == 0
                node = (link & PART) + right
                put(now, tree, node)
                put(left, kept, tree)
                kept += at(links, 2 * node + 1) >= 0
            alive = kept
        for head in range(count):
            place = row * columns + at(heads, 3 * head)
            total = at(out, place)
            for tree in range(at(heads, 3 * head + 1), at(heads, 3 * head + 2)):
                total += at(figures, 2 * at(now, tree))
            put(out, place, total)


def masks(  # noqa: C901, PLR0912, PLR0913, PLR0917  (one function is compiled faster than five)
    numbers: Any, number_count: Any, levels: Any, level_count: Any, classes: Any,
    limits: Any, limit_columns: Any, limit_masks: Any, struck: Any, struck_columns: Any, struck_masks: Any,
    trees: Any, values: Any, heads: Any, count: Any,
    codes: Any, rows: Any, width: Any, out: Any, columns: Any, x: Any, bits: Any, alive: Any,
) -> None:  # fmt: skip
    """Add to `out` [rows, columns] the leaves that each row of `codes` [rows, width] reaches, 64 rows at once."""
    one, none, whole = types.uint64(1), types.uint64(0), types.uint64(ALL)
    for start in range(0, rows, ROWS):
        block = min(ROWS, rows - start)
        for column in range(number_count):
            feature, missing_left = at(numbers, 2 * column), at(numbers, 2 * column + 1)
            for row in range(block):
                value = at(codes, (start + row) * width + feature)
                put(x, (column + 1) * ROWS + row, LOWEST if (missing_left != 0) & (value != value) else value)  # noqa: PLR0124  (NaN)
        for column in range(level_count):
            feature, first, word = at(levels, 3 * column), at(levels, 3 * column + 1), at(levels, 3 * column + 2)
            for row in range(block):
                value = at(codes, (start + row) * width + feature)
                code = 256
                if (value >= 0.0) & (value < 256.0):
                    code = int(value)
                place = at(classes, first + code) - 64 * word
                put(bits, column * ROWS + row, (one << types.uint64(place)) if (place >= 0) & (place < 64) else none)
        for head in range(count):
            for row in range(block):
                put(x, row, at(out, (start + row) * columns + at(heads, 3 * head)))
            for tree in range(at(heads, 3 * head + 1), at(heads, 3 * head + 2)):
                for row in range(ROWS):
                    put(alive, row, whole)
                for entry in range(at(trees, 4 * tree), at(trees, 4 * tree + 1)):
                    limit, mask, base = at(limits, entry), at(limit_masks, entry), at(limit_columns, entry)
                    for row in range(ROWS):
                        put(alive, row, at(alive, row) & (whole if at(x, base + row) <= limit else mask))
                for entry in range(at(trees, 4 * tree + 2), at(trees, 4 * tree + 3)):
                    level, mask, base = at(struck, entry), at(struck_masks, entry), at(struck_columns, entry)
                    for row in range(ROWS):
                        put(alive, row, at(alive, row) & (whole if (at(bits, base + row) & level) == none else mask))
                for row in range(ROWS):
                    put(x, row, at(x, row) + at(values, 64 * tree + (lowest(at(alive, row)) & 63)))
            for row in range(block):
                put(out, (start + row) * columns + at(heads, 3 * head), at(x, row))


F, J, U, N = types.CPointer(types.float64), types.CPointer(types.int64), types.CPointer(types.uint64), types.int64
SIGNATURES = {
    walk: types.void(F, J, J, J, J, N, F, N, N, F, N, J, J),
    masks: types.void(J, N, J, N, J, F, J, U, U, J, U, J, F, J, N, F, N, N, F, N, F, U, U),
}


def compiled(function: Any, signature: Any) -> dict[str, str]:
    """Return the symbol and the object file of one function, which needs nothing from outside itself.

    Raises:
        RuntimeError: the compiler left a symbol open: what calls it would jump anywhere.
    """
    own = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    made = njit(signature, error_model="numpy", fastmath=False, **own)(function)
    text = made.inspect_llvm(made.signatures[0])
    called = [line for line in text.splitlines() if line.startswith("declare") and "@llvm." not in line]
    if called:
        raise RuntimeError(f"the compiled `{function.__name__}` asks for `{called[0][:80]}`")
    target = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="small",  # constants beside the code: with the large model they are not found again (they read 0)
    )
    made_of = target.emit_object(binding.parse_assembly(text))
    symbol = made.overloads[made.signatures[0]].fndesc.llvm_func_name
    return {"symbol": symbol, "object": base64.b64encode(made_of).decode("ascii")}


if __name__ == "__main__":
    sys.stdout.write(json.dumps({each.__name__: compiled(each, form) for each, form in SIGNATURES.items()}))
