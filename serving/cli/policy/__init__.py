"""`outreach policy …`: what looks into the policy, tries texts and files on it, and says yes to wordings."""
