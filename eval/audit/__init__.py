"""Audits: does an experiment keep to a policy that was written before? Each rule passes, fails, or cannot be told."""
