"""Ways to hand recorded runs to others; one file each, and none is loaded before it is asked for.

The formats by name, with those that need to know what a step means, are in ``workbench/cli/trace/export.py``.
"""
