"""The demonstration's data, one file per clinical area: authored for demonstration, not clinically adjudicated.

``publishers.toml`` says who may publish it. A line of evidence names its organization; who vouches for it is said here,
by whoever fills the demonstration's store: the one publisher that speaks for that organization.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evitrail.evidence_store.model import Evidence
from evitrail.evidence_store.quarantine.publisher import Publisher

DEMO_EVIDENCE = Path(__file__).parent
DEMO_PUBLISHERS = DEMO_EVIDENCE / "publishers.toml"


def vouched(evidence: Iterable[Evidence], publishers: Iterable[Publisher]) -> dict[str, str]:
    """By ref, the publisher that speaks for the organization that a version names."""
    speakers = {organization: one.name for one in publishers for organization in one.organizations}
    return {item.ref: speakers[item.organization] for item in evidence if item.organization in speakers}
