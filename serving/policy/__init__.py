"""The service-only policy: pure functions from columns to refusals."""
