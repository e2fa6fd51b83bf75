"""``evitrail audit sign``, ``verify`` and ``sign-waiver``: who stands by an audit, and who let a rule be broken."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evitrail.workbench.cli.console import CheckFailed, Json, print_json, print_whole, say
from evitrail.workbench.cli.folder import Folder

PrivateKey = Annotated[
    Path,
    typer.Option(
        "--key",
        help="File with the private key; `evitrail trace keygen` makes one.",
        metavar="FILE",
        show_default=False,
    ),
]


def sign(folder: Folder, key: PrivateKey, json: Json = False) -> None:
    """Sign the newest audit of an experiment; prints the signed note, of which a copy belongs outside the folder."""
    from evitrail.eval.audit.signatures import sign_newest
    from evitrail.traces.audit.signed_note import SigningKey

    signing = SigningKey.read(key)
    made = sign_newest(folder, signing)
    if json:
        print_json({"audit": made.audit, "note": made.note, "public": str(signing.public)})
    else:
        print_whole(made.note.removesuffix("\n"))


def verify(
    folder: Folder,
    key: Annotated[
        str,
        typer.Option(
            "--key", help="Public key of the signer, or a file that holds it.", metavar="KEY", show_default=False
        ),
    ],
    policy: Annotated[
        Path | None,
        typer.Option(
            "--policy", help="Policy file; say whether the audit is by this policy, unedited.", metavar="FILE"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Check that the newest audit is signed, and that audits, journal and policy are as they were. Else exit code 1."""
    from evitrail.eval.audit.policy import read_policy
    from evitrail.eval.audit.signatures import checked_signatures
    from evitrail.traces.audit.signed_note import public_key

    asked = read_policy(policy) if policy is not None else None
    public = public_key(key)
    found = checked_signatures(folder, public, asked)
    if json:
        print_json({"newest": found.newest, "signed": list(found.signed), "faults": list(found.faults)})
    if found.faults:
        raise CheckFailed("" if json else "\n".join(found.faults))
    if not json:
        say(f"the newest audit, {found.newest}, is signed by {public.name}")
        say(f"audits signed by this key: {len(found.signed)}")


def sign_waiver(
    policy: Annotated[Path, typer.Argument(help="Policy file that holds the waiver.", metavar="POLICY")],
    rule: Annotated[str, typer.Argument(help="Id of the waived rule.", metavar="RULE")],
    key: PrivateKey,
    json: Json = False,
) -> None:
    """Sign a waiver as it stands in a policy; prints the line that belongs into its [[waiver]] table.

    It is void as soon as the waiver or its rule is edited.
    """
    from evitrail.eval.audit.policy import read_policy
    from evitrail.eval.audit.waiver_signature import signature_of
    from evitrail.evidence_store.did_you_mean import nearest
    from evitrail.traces.audit.signed_note import SigningKey

    asked, signing = read_policy(policy), SigningKey.read(key)
    waived = [one.rule for one in asked.waiver]
    if rule not in waived:
        among = ", ".join(waived) or "none: the policy has no [[waiver]]"
        raise ValueError(f"{policy}: expected a waived rule among {among}, got {rule!r}{nearest(rule, waived)}")
    if str(signing.public) not in asked.policy.waiver_keys:
        raise ValueError(f"{policy}: expected {signing.public} among waiver_keys of [policy], which are "
                         f"{', '.join(asked.policy.waiver_keys) or 'none'}")  # fmt: skip
    line = signature_of(asked, next(one for one in asked.waiver if one.rule == rule), signing)
    if json:
        print_json({"rule": rule, "signature": line, "public": str(signing.public)})
    else:
        print_whole(f'signature = "{line}"')
