"""Intervals, quantiles, bands and bets: statistics that know nothing of customers."""
