"""Models behind an OpenAI-compatible server: requests, replies, retries, and errors in one line."""
