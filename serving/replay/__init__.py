"""The past decided again: to the same bytes, or under another policy, cut-off or model."""
