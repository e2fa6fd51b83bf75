"""Recorded runs as one HTML file: the viewer and the verifiable record in one, for whoever has no evitrail."""

from evitrail.workbench.page.page import Written, write_page

__all__ = ["Written", "write_page"]
