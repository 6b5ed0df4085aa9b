"""What a replay of the past says, and how."""
