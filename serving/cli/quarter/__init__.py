"""`outreach demo --loop`: a simulated quarter of deciding, learning, certifying and promoting, with the truth."""
