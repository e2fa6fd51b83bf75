"""Which step failed, or nobody can be named: blame from interventions, with intervals and abstentions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evitrail.traces.lazy_package import lazy_package

if TYPE_CHECKING:
    from evitrail.eval.attribution.blame import ABSTENTIONS as ABSTENTIONS
    from evitrail.eval.attribution.blame import FAILS as FAILS
    from evitrail.eval.attribution.blame import Blame as Blame
    from evitrail.eval.attribution.blame import Share as Share
    from evitrail.eval.attribution.record.taxonomy import FAULTS as FAULTS
    from evitrail.eval.attribution.roles.role import Break as Break
    from evitrail.eval.attribution.roles.role import Mending as Mending
    from evitrail.eval.attribution.roles.role import Role as Role
    from evitrail.eval.attribution.roles.roles import ROLES as ROLES

__getattr__, __dir__, __all__ = lazy_package(
    __name__,
    {
        "blame": ("ABSTENTIONS", "FAILS", "Blame", "Share"),
        "record.taxonomy": ("FAULTS",),
        "roles.role": ("Break", "Mending", "Role"),
        "roles.roles": ("ROLES",),
    },
)
