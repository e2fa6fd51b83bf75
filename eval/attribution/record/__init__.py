"""How a blame record is named, worded, written and counted."""
