"""A group of verbs that is a verb itself: ``evitrail audit DIR`` beside ``evitrail audit diff``.

Rules kept here
- What follows the group's name is the verb of that name, where there is one; else all of it belongs to ``OWN``, the
  group's own verb, which no help lists by a name of its own.
- A folder that is called like a verb is given as ``./diff``.

    app = typer.Typer(cls=GroupWithOwnVerb)
    app.command(OWN, cls=OwnVerb, hidden=True)(audit)
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

OWN = "this"
"""The name, within the group, of the verb that the group is."""


class GroupWithOwnVerb(TyperGroup):
    """See the module."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See ``Group.parse_args``."""
        known = args[:1] and args[0] in self.commands
        return super().parse_args(ctx, args if known else [OWN, *(args or ["--help"])])


class OwnVerb(TyperCommand):
    """The verb that the group is; its help names it as the group."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """See ``Command.format_usage``."""
        formatter.write_usage(ctx.parent.command_path, " ".join(self.collect_usage_pieces(ctx)))
