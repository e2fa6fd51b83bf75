"""Is each claim of an answer in free text supported, and which step let in the one that is not?"""
