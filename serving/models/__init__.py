"""The models of a process: pulled, verified, warmed, put in charge between two groups; and what is said of them."""
