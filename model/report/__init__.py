"""The report of a training as one HTML file: plain words first, then every figure with its interval."""
