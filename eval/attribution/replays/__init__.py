"""The run done again: with steps mended, afresh, and with changes that mend nothing."""
