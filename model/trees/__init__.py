"""Boosted trees as data, and two ways to walk them: numpy, and a compiled kernel that gives the same bits."""
