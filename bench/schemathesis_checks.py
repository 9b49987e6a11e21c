"""A check for schemathesis: no fault of the service, whatever valid query comes.

Schemathesis' own `not_a_server_error` counts every GraphQL error, those that say which argument is out of its range
as well. This one counts answers of 5xx, errors without a code of ours, and INTERNAL_ERROR. In a separate environment:

    pip install schemathesis
    SCHEMATHESIS_HOOKS=schemathesis_checks schemathesis run http://localhost:8765/graphql \
        --checks no_fault --phases fuzzing --max-examples 100 --continue-on-failure

run in this folder: 100 examples of each field, of which there are a dozen.
"""

import schemathesis


@schemathesis.check
def no_fault(_context, response, _case) -> None:
    assert response.status_code < 500, f"status {response.status_code}"
    for error in response.json().get("errors", ()):
        code = error.get("extensions", {}).get("code")
        assert code not in {None, "INTERNAL_ERROR"}, error
