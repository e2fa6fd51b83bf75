"""Recorded runs as one HTML file: the viewer and the verifiable record in one, for whoever has no evitrail."""

from evitrail.workbench.page.page import WrittenPage, write_page

__all__ = ["WrittenPage", "write_page"]
