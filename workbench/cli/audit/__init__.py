"""The verbs of audits: ``audit``, ``audit diff``, ``audit history`` and ``audit card``."""
