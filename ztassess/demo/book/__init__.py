"""The demo consulting firm and its clients: a book that tells a few stories, made through the same services."""
