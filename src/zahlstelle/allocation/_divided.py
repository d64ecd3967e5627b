"""Book what the decision table divides: over several claims, or between claims and accounts of the book."""

from collections.abc import Sequence
from datetime import datetime

from zahlstelle import claims
from zahlstelle.bank import ToDecide
from zahlstelle.tenancy import Tenant

from ._parts import RECEIVABLE
from ._posting import Posting, post
from ._repayment import lines_of_parts
from ._rules import Divide


def post_divided(tenant: Tenant, decided: Sequence[tuple[ToDecide, Divide]], at: datetime, *, by: str) -> None:
    """Book divided money one detail after the other: what one pays of a claim's lines, the next does not."""
    for item, decision in decided:
        parts = decision.parts
        owed = [part.claim for part in parts if part.claim and part.account == RECEIVABLE]
        if item.detail.side == "credit" and owed:
            known = claims.claims_by_id_locked(tenant=tenant, claim_ids=owed)
            parts = lines_of_parts(tenant, parts, known, {})
        posting = Posting(item.detail, item.booked_on, parts, decision.reasons, decision.runner_up)
        post(tenant=tenant, postings=[posting], at=at, by=by)
