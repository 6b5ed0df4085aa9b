"""`outreach policy verify`: promises 1 to 6 of HOUSE section 2, over all combinations of the inputs' classes.

The whole space is far too large to walk through, so it is taken apart, and each seam is checked
(`docs/decisions/0018-why-the-verification-suffices.md` has the argument at length):

1. a filter depends on its *support* alone: what it reads on the complete grid of that (`support`);
2. on that grid each filter is tabulated under every class of every limit that it reads (`tables`), and promises 2, 4
   and 5 are properties of these tables (`promises`);
3. the engine puts answers together row by row, whatever they are (`composition`); so what holds for each filter
   holds for the ruling, and no filter hides another: promise 6;
4. score, arms and standing see only what the ruling permits, and can only withhold it: promise 3 (`scoring`);
5. candidate and context become columns as declared (`evidence`, `fields`): promise 1;
6. random whole rows, anywhere inside their classes, are ruled as the tables say (`whole`): seams 1 to 3 once more.
"""
