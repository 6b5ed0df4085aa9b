"""What people read of a ledger, and what they do about it: stories, reviews, approvals, tightened limits."""
