"""The notebooks executed, each from a clean kernel: as they are shipped, and on an analyst's own data by one cell."""
