"""Which step failed, or nobody can be named: blame from interventions, with intervals and abstentions."""

from evitrail.eval.attribution.attribute import attribute
from evitrail.eval.attribution.blame import ABSTENTIONS, FAILS, Blame, Share
from evitrail.eval.attribution.oracles import ROLES, Role
from evitrail.eval.attribution.taxonomy import FAULTS

__all__ = ["ABSTENTIONS", "FAILS", "FAULTS", "ROLES", "Blame", "Role", "Share", "attribute"]
