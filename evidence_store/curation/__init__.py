"""Who may change what, and what follows from it? Drafts and sign-off, lineages, notices, relations, profiles."""
