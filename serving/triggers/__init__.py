"""Triggers: rules in Common Expression Language that make candidates of events (CONTRACT section 7)."""
