"""One query asked of several retrievers."""
