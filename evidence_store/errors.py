"""What goes wrong in the evidence store, by who must act; the command line exits with 2 for all of it.

    ValueError
    ├── InputError                (input_text.py)     what was given breaks the format or the record: correct the input
    └── EvidenceError
        ├── StoreError            the folder is missing, made differently, behind its ledger, or in use: fix the set-up
        │   ├── ReadOnlyStore     this user may not write to it: open a copy to record anything
        │   └── IndexInUse        another process has it open, and may be writing: wait, or only read
        ├── UnknownEvidenceError  a name that this store or snapshot does not hold
        └── MissingPackageError   a library this part needs is not installed: install it

A message is one line: where, what was expected, what was got, what to do.
"""

from __future__ import annotations


class EvidenceError(ValueError):
    """The store cannot do what was asked; the message says what to do."""


class StoreError(EvidenceError):
    """A store that cannot be opened or searched as it stands."""


class ReadOnlyStore(StoreError):
    """A store that this user may not write to; it can be searched, through a copy (``read_only.py``)."""

    def __init__(self, path: object) -> None:
        super().__init__(
            f"{path}: cannot be written to, so nothing can be recorded in it; "
            "open it as a user who may write there, or open a copy of the store (`cp -r`, then `chmod -R u+w`)"
        )


class IndexInUse(StoreError):
    """A store that another process has open to write; it can be read (``EvidenceStore.open``, ``read_only=True``)."""

    def __init__(self, path: object, who: str) -> None:
        said = f"{path}: the index is open in another process" + (f" ({who})" if who else "")
        super().__init__(f"{said}; wait until it ends, or stop it")


class UnknownEvidenceError(EvidenceError, KeyError):
    """No such version or lineage here."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would put the sentence in quotes


class MissingPackageError(EvidenceError):
    """A library that is not installed."""
