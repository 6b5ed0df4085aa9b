"""`outreach policy verify`: promises 1 to 6 of HOUSE section 2, over all combinations of the inputs' classes.

The whole space is far too large to walk through, so it is taken apart, and each seam is checked
(`docs/decisions/0018-why-the-verification-suffices.md` has the argument at length):

1. a filter depends on its *support* alone: what it reads on the complete grid of that (`support`);
2. on that grid each filter is tabulated under every class of every limit that it reads (`tables`); promises 2, 4 and 5
   are properties of these tables, and what is refused must be what the contract says, restated (`promises`, `refused`);
3. there is one filter for each code, and each harm alone refuses a row that is otherwise good (`plain`);
4. the engine puts answers together row by row, whatever they are (`composition`), and hears of every unknown input
   (`doubts`); so what holds for each filter holds for the ruling, and no filter hides another: promise 6;
5. score, arms, standing and recorded draws see only what the ruling permits, and can only withhold it: promise 3
   (`scoring`, `drawn`); holds and sends end when they must (`afterwards`);
6. candidate and context become columns as declared, each row by itself (`evidence`, `fields`, `reading`): promise 1;
7. random whole rows, anywhere inside their classes, are ruled as the tables say (`whole`): seams 1 to 4 once more.
"""
