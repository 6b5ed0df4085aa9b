"""Watching a certificate live (METHOD section 7): a restarting e-detector, its bets and its words."""
