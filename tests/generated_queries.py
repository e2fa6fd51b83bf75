"""Experiments and queries made up from a seed: rows with every kind of gap, and queries right, odd and wrong.

rows, questions, timings = experiment(Random(1))
queries = [query(Random(2), rows) for _ in range(100)]
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from evitrail.eval.metrics.run_columns import KINDS, STAGES
from evitrail.eval.query.fields import FIELDS, STATUSES
from evitrail.eval.query.flags import FLAGS
from evitrail.evidence_store.grading.grade import LEVELS

WORDS = (
    "apixaban",
    "Straße",
    "ÉTUDE",
    "İzmir",
    "ΣΟΦΟΣ",
    "pain 😀 relief",
    'a "dual" drug',
    "5 mg",
    "\\n",
    "𝒳-ray",
    "or",
)
CONDITIONS = ("standard", "gated", "closed_book", "standard+k=5", "été")
READERS = ("small-reader", "qwen3-8b")
CASES = ("af-1", "copd.2", "gout@3", "été-4", "sepsis 5", "😀-6")
EVIDENCE = tuple(f"{name}@{year}" for name in ("stroke-prevention", "inhalers", "Γ-note") for year in (2014, 2020))
STEPS = ("retrieve[1]", "retrieve[2]", "critique[1]", "synthesise[1]", "choose[1]", "own step[1]")
AUTHORS = ("d.larsen", "s.okafor", "J. O'Neil", "研究")
FLAG_COLUMNS = ("correct", "abstained", "high_risk", "unsafe", "contradicts", "stale", "overconfident")
MANGLED = (*'()",:=!<>.- \\', "..", " OR ", " not ", "\u00a0", "\u200b", "\x1c", "😀", "é", "AND", "unknown", "\n", "'")


def experiment(random: Random) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows, questions and timings."""
    labelled = random.random() < 0.5
    asked = [(condition, reader, case) for condition in CONDITIONS for reader in READERS for case in CASES]
    rows = [_row(random, labelled, *each) for each in random.sample(asked, 40)]
    texts = {case: " ".join(random.choices(WORDS, k=4)) for case in CASES[:-1]}
    questions = [{"case": case, "text": text, "decides": []} for case, text in texts.items()]
    timings = [
        {"run": row["run"], "step": step, "kind": step.split("[")[0], "milliseconds": random.choice([0.5, 20.04, 1e3])}
        for row in rows
        for step in random.sample([*STEPS, "choose[1]/model[1]", "influence[1]"], random.randrange(4))
    ]
    return rows, questions, timings


def _row(random: Random, labelled: bool, condition: str, reader: str, case: str) -> dict[str, Any]:
    def some(values: Any) -> Any:
        return random.choice([*values, None])

    def several(values: Any, most: int = 3) -> Any:
        return random.choices(values, k=random.randrange(most + 1)) if random.random() < 0.8 else None

    cited = random.choices(EVIDENCE, k=random.randrange(3))
    return {
        "run": f"{condition}{f'@{reader}' if labelled else ''}.{case}",
        "case": case,
        "condition": condition,
        "reader": reader if labelled else READERS[0],
        "snapshot": random.choice(["sha256:0123456789abcdef", "sha256:fedcba98"]),
        "chosen": some("ABC"),
        "answer": random.choice("ABC"),
        **{name: some([True, False]) for name in FLAG_COLUMNS},
        **({"fork": some([True, False]), "redacted": False} if labelled else {}),
        "confidence": some([-0.1, 0.0, 0.1 + 0.2, 0.5, 0.85, 1.0, 1e-7]),
        "cited": cited,
        "cited_status": [some(STATUSES) for _ in cited] if random.random() < 0.9 else None,
        "cited_grade": [some(LEVELS) for _ in cited] if random.random() < 0.9 else None,
        "retriever": some(["dense", "clean", "my.own:search"]),
        "subspecialty": some(["cardiology", "internal medicine", "été"]),
        "question_type": some(["treatment", "diagnosis"]),
        "day": some(date(2020, 1, 1) + timedelta(days=31 * months) for months in range(4)),
        "steps": several(STEPS),
        "retrieved": several(EVIDENCE),
        "served": several(EVIDENCE[:3]),
        "lost": some([*STAGES, "nothing"]),
        "calls": some([0, 2, 5]),
        "prompt_tokens": some([100, 1000]),
        "completion_tokens": some([20, 0]),
        "money": some([0.5, 0.25]),
        **{f"blame.{kind}": several([*STEPS, "store", "nobody"], 2) for kind in KINDS},
        **{f"fault.{kind}": some(["S1", "S2", "U1", "none"]) for kind in KINDS},
        **{f"fix.{kind}": several([*STEPS, "store", "nothing"], 2) for kind in KINDS},
        "reviewed": several(["high_risk", "blame.wrong", "blame.unsafe"]),
        "reviewed_by": several(AUTHORS),
    }


def query(random: Random, rows: list[dict[str, Any]]) -> str:
    """A query about these rows, one in four of them mangled."""
    text = _several(random, rows, random.randrange(4))
    for _ in range(random.randrange(1, 4) if random.random() < 0.25 else 0):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(["", *MANGLED]) + text[at + random.randrange(2) :]
    return text


def _several(random: Random, rows: list[dict[str, Any]], depth: int) -> str:
    terms = [_term(random, rows, depth) for _ in range(random.choice([1, 1, 2, 3]))]
    return random.choice([" ", " ", " and ", " OR ", " or ", "  "]).join(terms)


def _term(random: Random, rows: list[dict[str, Any]], depth: int) -> str:
    before = random.choice(["", "", "", "-", "NOT ", "--"])
    if depth and random.random() < 0.4:
        return f"{before}({_several(random, rows, depth - 1)})"
    if random.random() < 0.3:
        words = [*FLAGS, *WORDS[:3], "higrisk", *(_quoted(word) for word in WORDS)]
        return before + (random.choice(words) if random.random() < 0.7 else _of_a_name(random, rows))
    return before + _field(random, rows)


def _of_a_name(random: Random, rows: list[dict[str, Any]]) -> str:
    """A piece of the name of a run."""
    name = random.choice(rows)["run"]
    ends = sorted(random.choices(range(len(name) + 1), k=2))
    piece = random.choice([name, name.partition(".")[2], name[ends[0] : ends[1]], name[ends[0] :], name.upper()])
    return _written(random, piece)


def _field(random: Random, rows: list[dict[str, Any]]) -> str:
    name = random.choice([*FIELDS, *FLAGS]) if random.random() < 0.97 else random.choice(["blme", "conditión", "x"])
    part = f".{random.choice([*KINDS, 'wrnog'])}" if name in ("blame", "fault", "fix") and random.random() < 0.4 else ""
    ordered = name in ("confidence", "day", "grade", "ms", "calls", "tokens", "money")
    op = random.choice([":", ":", "=", "!=", "==", *(["<", "<=", ">", ">=", ":<="] if ordered else [":", "<"][:1])])
    if random.random() < 0.03:
        op = random.choice([">", ":<", ":!="])
    values = [_value(random, name, part or ".wrong", rows) for _ in range(random.choice([1, 1, 1, 2, 3]))]
    return f"{name}{part}{op}{','.join(values)}"


COLUMN = {
    "type": "question_type", "step": "steps", "evidence": "served", "grade": "cited_grade", "review": "reviewed",
    "by": "reviewed_by", "changed": "condition", "tokens": "prompt_tokens", "ms": "calls",
}  # fmt: skip


def _value(random: Random, name: str, part: str, rows: list[dict[str, Any]]) -> str:
    if random.random() < 0.1:
        return random.choice(
            ["unknown", '"unknown"', "x", "0.5", '""', "1e3", "2020-02-30", "0000-01-01", "a..b", "C..A"]
        )
    if name in FLAGS:
        return random.choice(["yes", "no", "unknown", '"yes"', "maybe"])
    if name in ("condition", "changed") and random.random() < 0.3:
        return f"{random.choice(CONDITIONS)}@{random.choice(READERS)}"
    if name == "cites":
        name = random.choice(["cited", "cited_status"])
    elif name in ("text", "claim", "passage"):
        word = random.choice(WORDS)
        return _written(random, random.choice([word, word.lower(), word.upper(), word[:3]]))
    column = f"{name}{part}" if name in ("blame", "fault", "fix") else COLUMN.get(name, name)
    at = [row.get(column) for row in rows]
    cells = [cell for each in at for cell in (each if isinstance(each, list) else [each])]
    known = [str(cell) for cell in cells if cell is not None] or ["none"]
    value = random.choice(known)
    if random.random() < 0.1:
        return f"{value}..{random.choice(known)}"
    if random.random() < 0.15:
        at = random.randrange(len(value) + 1)
        value = random.choice([value[:at] + value[at + 1 :], value.upper(), value.split("@")[0], value[::-1]])
    value = random.choice([value, value, value.split("@")[0], value.split("[")[0], value.split(".")[0], value[:15]])
    return _written(random, value)


def _written(random: Random, value: str) -> str:
    plain = value and not set(value) & set(' ()",')
    return value if plain and random.random() < 0.8 else _quoted(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
