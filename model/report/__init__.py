"""The report of a training: an object with pictures, a page in plain words, and every figure with its interval."""
