"""The texts of sends, joined from the template's pieces and the columns of its facts: what `templates.render` says.

Which rows have a whole text is decided before (`complete` of their columns); only such rows are asked for here. A fact
that is not plain text is said by `templates.said`, once for each distinct value.
"""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from serving.candidates.cells import decode
from serving.candidates.columns import FACTS, Kind
from serving.columnar.taking import taken
from serving.policy.templates import PLACE, Template, said, whole

Places = NDArray[np.intp]
BLANK, DELETE = ord(" "), 0x7F  # a text that begins and ends between these has nothing to strip


def filled(batch: pa.RecordBatch, rows: Places, template: Template) -> pa.Array:
    """Return the texts of these rows of a batch, all with this template, every fact of which they have."""
    parts = PLACE.split(template.text)  # words, a name, words, a name, words
    known = {name: _said(taken(batch.column(FACTS + name), rows), template, name) for name in template.facts}
    pieces = [known[part] if odd else pa.scalar(part) for odd, part in zip(itertools.cycle((0, 1)), parts)]
    texts = pc.binary_join_element_wise(*pieces, "") if known else pa.repeat(template.text, len(rows))
    step = (template.next_step or "").strip()
    if any(step in words for words in parts[::2]):
        return texts
    longer = pc.binary_join_element_wise(texts, pa.scalar(step), " ")
    return pc.if_else(pc.match_substring(texts, step), texts, longer)


def stated(batch: pa.RecordBatch, rows: Places) -> pa.Array:
    """Return the texts of these rows, all with words of their own."""
    texts = taken(batch.column("message.text"), rows).to_pylist()
    if "message.next_step" not in batch.schema.names:
        return pa.array([whole(text, None) for text in texts], type=pa.string())
    steps = taken(batch.column("message.next_step"), rows).to_pylist()
    return pa.array(list(map(whole, texts, steps)), type=pa.string())


def _said(column: pa.Array, template: Template, name: str) -> pa.Array:
    """Return a fact as the texts say it, row by row."""
    if template.facts[name] == "string" and (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        plain = column.cast(pa.string())
        if _stripped(plain):
            return plain
    distinct = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = decode(distinct.dictionary, Kind.JSON, csv=False)[0]
    return pa.array([said(template, name, {name: value}) for value in values], type=pa.string()).take(distinct.indices)


def _stripped(column: pa.StringArray) -> bool:
    """Whether every text begins and ends with a sign of ASCII that is no blank."""
    if column.null_count or not len(column):
        return False
    _, ends, signs = column.buffers()
    at = np.frombuffer(ends, dtype=np.int32)[column.offset : column.offset + len(column) + 1]
    if not (at[1:] > at[:-1]).all():
        return False
    known = np.frombuffer(signs, dtype=np.uint8)
    edges = known[np.concatenate([at[:-1], at[1:] - 1])]
    return bool(((edges > BLANK) & (edges < DELETE)).all())
