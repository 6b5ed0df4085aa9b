"""What else a company might take for a veto on wording: a list of words, and TF-IDF with logistic regression."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
STRENGTH = 30.0  # inverse of the penalty, as the model here has it

# What marketing says and service seldom does, as one would list it in a template review; `*` is any ending.
_WORDS = """
sale sales discount* offer offers deal deals promo* coupon* voucher* cashback bargain* clearance bogo giveaway* win
prize* gift gifts reward* bonus exclusive* vip limited hurry unlock* upgrade earn redeem refer referral invite* survey
review feedback newsletter subscribe follow donate webinar join discover explore introducing recommended
trending bestseller* treat enjoy celebrate birthday christmas free save buy
"""
_PHRASES = """
% off|for free|free trial|free shipping|last chance|don't miss|act now|only today|sign up|miss you|come back|your cart
left behind|just for you|you may also like|check out|new arrivals|learn more|best price|how did we do
rate us|rate your|shop now|shop our|new collection
"""
_LISTED = [
    *(rf"{word.rstrip('*')}\w*" if word.endswith("*") else word for word in _WORDS.split()),
    *_PHRASES.strip().replace("\n", "|").split("|"),
]
KEYWORDS = re.compile("|".join(rf"(?:\b|(?=%)){each}\b" for each in _LISTED), re.IGNORECASE)


def by_keywords(texts: Sequence[str]) -> Truths:
    """Return which texts have a word or phrase of the list."""
    return np.array([KEYWORDS.search(text.replace("\u2019", "'")) is not None for text in texts], dtype=bool)


def by_tfidf(texts: Sequence[str], marketing: Truths, groups: Sequence[str]) -> Floats:
    """Return each text's margin under what was learned from the other groups."""
    of, margins = np.array(groups), np.zeros(len(texts))
    for group in sorted(set(groups)):
        own = of == group
        pipeline = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            LogisticRegression(C=STRENGTH, max_iter=2000),
        )
        pipeline.fit([text for text, left in zip(texts, own, strict=True) if not left], marketing[~own])
        margins[own] = pipeline.decision_function([text for text, left in zip(texts, own, strict=True) if left])
    return margins
