"""How a certificate comes about (METHOD section 4): harms, rules put to the test, assumptions, plans, words."""
