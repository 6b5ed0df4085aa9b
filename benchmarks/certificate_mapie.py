"""Ask MAPIE's own Hoeffding–Bentkus function: python certificate_mapie.py QUESTIONS.npy ANSWERS.npy.

Runs in the peers' environment. QUESTIONS holds float64[q, 3]: r̂, a and n of tests that the mean of n values in
[0, 1] is at least a.
"""

import sys

import numpy as np
from mapie.risk_control.methods import compute_hoeffding_bentkus_p_value


def main(questions: str, answers: str) -> None:
    """Answer every question; those with the same a in one call, as MAPIE's signature has it."""
    r, a, n = np.load(questions).T
    found = np.empty(len(r))
    for null in np.unique(a):
        rows = a == null
        found[rows] = compute_hoeffding_bentkus_p_value(r[rows], n[rows], float(null))[:, 0]
    np.save(answers, found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
