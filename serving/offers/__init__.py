"""What is said of a send that nobody asked for by hand: to whom, how it is signed, when it is tried again."""
