"""What calls somebody else: the only files with a client of HTTP, one for each receiver."""
