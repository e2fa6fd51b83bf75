"""Which step failed, or nobody can be named: blame from interventions, with intervals and abstentions."""

from evitrail.eval.attribution.attribute import attribute
from evitrail.eval.attribution.blame import ABSTENTIONS, FAILS, Blame, Share
from evitrail.eval.attribution.record.taxonomy import FAULTS
from evitrail.eval.attribution.roles.role import Break, Mending, Role
from evitrail.eval.attribution.roles.roles import ROLES

__all__ = ["ABSTENTIONS", "FAILS", "FAULTS", "ROLES", "Blame", "Break", "Mending", "Role", "Share", "attribute"]
