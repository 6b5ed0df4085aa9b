"""Learning on D1 (METHOD section 3): rows as learners read them, tuning, fitting, and which scorer is chosen."""
