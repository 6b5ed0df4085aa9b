"""Off-policy evaluation (METHOD section 8): what another policy would have brought, by the log of this one."""
