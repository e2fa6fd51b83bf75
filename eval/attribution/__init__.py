"""Which step failed, or nobody can be named: blame from interventions, with intervals and abstentions."""

from eval.attribution.attribute import attribute
from eval.attribution.blame import ABSTENTIONS, FAILS, Blame, Share
from eval.attribution.oracles import ROLES, Role
from eval.attribution.taxonomy import FAULTS

__all__ = ["ABSTENTIONS", "FAILS", "FAULTS", "ROLES", "Blame", "Role", "Share", "attribute"]
