"""``evitrail audit history``: the audits of an experiment, oldest first."""

from __future__ import annotations

from evitrail.workbench.cli.console import Json, print_json, print_table
from evitrail.workbench.cli.folder import Folder


def history(folder: Folder, json: Json = False) -> None:
    """List the audits of an experiment, and check that none was changed or deleted.

    Who signed them is listed as the signatures say; `evitrail audit verify` checks them.
    """
    from evitrail.eval.audit.history import read_history
    from evitrail.eval.audit.signatures import named_signers
    from evitrail.traces.record import content_id

    if not folder.is_dir():
        raise ValueError(f"{folder}: expected the folder of an experiment, found none")
    found, signed = read_history(folder), named_signers(folder)
    if json:
        told = [(content_id(one), one) for one in found]
        print_json([{"id": name, **one.model_dump(mode="json"), "signers": signed.get(name, [])} for name, one in told])
        return
    print_table(
        f"audits of {folder}",
        ("day", "verdict", "policy", "not passed", "id", "after", "signed, unchecked"),
        [
            (
                one.day,
                one.verdict,
                f"{one.policy.name} {one.policy.version}",
                ", ".join(result.rule for result in one.results if not result.holds) or "–",
                _short(content_id(one)),
                _short(one.predecessor) if one.predecessor else "–",
                ", ".join(signed.get(content_id(one), [])) or "–",
            )
            for one in found
        ],
        empty="none; `evitrail audit` makes one",
    )


def _short(name: str) -> str:
    return name.partition(":")[2][:12]
