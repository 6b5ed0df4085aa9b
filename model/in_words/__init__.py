"""How figures are written, and what they and the rules that are compared are called."""
