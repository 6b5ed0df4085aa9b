"""The columnar way of a plan: what is proved alike is read once, and the rest of a row is arithmetic on columns."""
