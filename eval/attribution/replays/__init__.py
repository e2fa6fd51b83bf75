"""The run done again: with steps repaired, afresh, and with changes that repair nothing."""
