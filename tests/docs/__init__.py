"""The pages, read as their readers read them."""
