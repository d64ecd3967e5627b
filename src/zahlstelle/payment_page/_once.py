"""A form sent twice opens one claim: the same form with the same content is answered with the same claim."""

import hashlib
from datetime import datetime
from uuid import UUID

from zahlstelle import claims
from zahlstelle.claims import NewClaim
from zahlstelle.kernel import fact_id, new_id
from zahlstelle.tables.idempotency import IdempotencyRow
from zahlstelle.tenancy import Tenant, inside

_CLIENT = fact_id("interface", "payment_page")


def open_once(*, tenant: Tenant, form: str, claim: NewClaim, at: datetime) -> UUID:
    """Open the claim a form asks for and return its id. `form` is the token the form was handed out with.

    Two at the same moment wait for each other at the unique index; a form changed and sent again asks for something
    else. Raises what `claims.open_claim` raises.
    """
    with inside(tenant):
        known = _claimed_row(tenant, form, _fingerprint(claim), at)
        if known.body is None:
            known.body = str(claims.open_claim(tenant=tenant, claim=claim, at=at).id)
            known.save(update_fields=["body"])
        return UUID(known.body)


def _claimed_row(tenant: Tenant, form: str, fingerprint: str, at: datetime) -> IdempotencyRow:
    key = hashlib.sha256(f"{form}\x1f{fingerprint}".encode()).hexdigest()
    fresh = IdempotencyRow(id=new_id(), tenant_id=tenant.id, client=_CLIENT, key=key, fingerprint=fingerprint, at=at)
    IdempotencyRow.objects.bulk_create([fresh], ignore_conflicts=True)
    rows = IdempotencyRow.objects.select_for_update()
    return rows.get(tenant_id=tenant.id, client=_CLIENT, key=key)


def _fingerprint(claim: NewClaim) -> str:
    asked = (claim.amount, claim.purpose, claim.service, claim.debtor_name)
    return hashlib.sha256(repr(asked).encode()).hexdigest()
