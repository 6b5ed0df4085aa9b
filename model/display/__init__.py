"""Pictures of a result in the manner of scikit-learn's Displays."""
