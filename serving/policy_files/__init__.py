"""The files of a policy, read strictly: templates, triggers, the shipped weights; each fault with its place."""
