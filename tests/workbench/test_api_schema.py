"""The API and its schema: whatever is asked, no answer is a fault of the server, and each is as the schema says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from exhibit import experiment
from hypothesis import HealthCheck, given, settings
from serving_pages import running

from evitrail.eval.report.results import write_results

schemathesis: Any = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
checks: Any = pytest.importorskip("schemathesis.specs.openapi.checks")
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
QUICK = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The schema of a workbench over one small experiment whose evidence is hostile."""
    folder = experiment(tmp_path_factory.mktemp("described"))
    write_results(folder)
    with running(folder) as address:
        yield schemathesis.openapi.from_url(f"{address}/api/openapi.json")


def test_whatever_a_route_is_asked_it_answers_as_described(described: Any) -> None:
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) > 15
    for operation in operations:

        @given(case=operation.as_strategy())
        @QUICK
        def answers_as_described(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, headers=of_own_pages(case))

        answers_as_described()


def test_names_that_one_answer_gives_are_taken_by_the_others(described: Any) -> None:
    class Asking(described.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": of_own_pages(case)}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    Asking.run(settings=settings(QUICK, max_examples=20, stateful_step_count=12))


def of_own_pages(case: Any) -> dict[str, str]:
    """What a page of the server sends with a request, for it to be answered."""
    origin = case.operation.base_url
    return {"Origin": origin, "X-Evitrail": "write"} if case.method == "POST" else {}
