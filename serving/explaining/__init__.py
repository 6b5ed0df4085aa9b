"""What a decision means in plain words, and the smallest change that would have flipped it."""
