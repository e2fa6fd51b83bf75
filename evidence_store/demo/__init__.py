"""The demonstration's data, one file per clinical area: authored for demonstration, not clinically adjudicated."""

from pathlib import Path

DEMO_EVIDENCE = Path(__file__).parent
