"""From the ledger to a training table (METHOD section 1): occasions, their features, propensities and labels."""
