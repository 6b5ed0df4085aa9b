"""Learners of the effect of contact, as scikit-learn estimators (METHOD section 3); each learns one outcome.

    AverageEffect · Response · TLearner · SLearner · XLearner · RLearner · DRLearner      the simplest first

    learner.fit(X, y, contacted=…, propensity=…).predict(X)     the effect of every row
    learner.heads()                                             the same without scikit-learn (`model.heads`)

X is a DataFrame as it comes: text, true/false, gaps and levels that `fit` did not see need no preprocessing.

Example:
    >>> import numpy as np, pandas as pd
    >>> frame = pd.DataFrame({"plan": ["basic", "plus", None, "plus"] * 50, "age": np.arange(200.0)})
    >>> contacted, y = np.arange(200) % 3 > 0, frame["plan"].eq("plus").to_numpy()
    >>> learner = DRLearner().fit(frame, y, contacted=contacted, propensity=2 / 3)
    >>> learner.predict(pd.DataFrame({"plan": ["new"], "age": [None]})).shape
    (1,)
"""

from model.learners.arms import Response, SLearner, TLearner
from model.learners.average import AverageEffect
from model.learners.effects import DRLearner, RLearner, XLearner

__all__ = ["AverageEffect", "DRLearner", "RLearner", "Response", "SLearner", "TLearner", "XLearner"]
