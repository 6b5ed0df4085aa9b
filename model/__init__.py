"""LEARN: from historical engagement and complaint labels to a scorer whose harm is certified."""
