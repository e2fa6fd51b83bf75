"""What of a failed run differs from one that is normal, and which of it decides."""
