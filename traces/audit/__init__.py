"""Was the record altered, and is it whole? Integrity, seals, signed checkpoints."""
