"""A citizen's passkeys in an open wallet: a new one is made, one that is lost is taken away."""

from datetime import datetime
from uuid import UUID

from zahlstelle.kernel import new_id, new_token, token_digest
from zahlstelle.tables.wallet import CitizenRow, DeviceRow, PasskeyRow
from zahlstelle.tenancy import Tenant, inside

from . import _passkeys
from ._inside import as_citizen
from ._operations import _question, spend
from ._queries import passkeys
from ._rules import LastPasskey, Opened, PasskeyRefused, Purpose, Site


def ask_to_add_passkey(*, tenant: Tenant, opened: Opened, site: Site, at: datetime) -> str:
    """Ask for one more passkey of whose wallet is open. Raises PasskeyRefused where nothing is kept of them."""
    with inside(tenant):
        citizen = CitizenRow.objects.filter(tenant_id=tenant.id, id=opened.citizen).first()
        if citizen is None:
            raise PasskeyRefused("nothing is kept of this citizen any more")
        _, challenge = _question(tenant, Purpose.ADD, at, opened=opened)
    return _passkeys.ask_for_new(
        site=site,
        town=tenant.name,
        citizen=citizen.id,
        email=citizen.email,
        challenge=challenge,
        there=passkeys(tenant=tenant, citizen=citizen.id),
    )


def add_passkey(*, tenant: Tenant, opened: Opened, answer: str, site: Site, at: datetime) -> str:
    """Add the passkey that answers, and let this device offer the citizen's cards. Gives the device's token.

    A passkey made in a wallet that a link opened stays known as such. Raises PasskeyRefused.
    """
    question = spend(tenant=tenant, answer=answer, at=at, purposes=(Purpose.ADD,))
    if question.citizen != opened.citizen:
        raise PasskeyRefused("this was asked of another citizen")
    new = _passkeys.new_passkey(answer=answer, challenge=question.challenge, site=site)
    token = new_token()
    with as_citizen(tenant=tenant, citizen=opened.citizen):
        if not CitizenRow.objects.select_for_update().filter(tenant_id=tenant.id, id=opened.citizen).exists():
            raise PasskeyRefused("nothing is kept of this citizen any more")
        PasskeyRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            citizen_id=opened.citizen,
            credential_id=new.credential_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            made_at=at,
            by_link=question.by_link,
        )
        DeviceRow.objects.create(
            id=new_id(), tenant_id=tenant.id, digest=token_digest(token), citizen_id=opened.citizen, made_at=at
        )
    return token


def remove_passkey(*, tenant: Tenant, citizen: UUID, passkey_id: UUID, device: str) -> None:
    """Take a passkey away: it opens and charges nothing any more. No device but this one offers the cards any more.

    Twice is once. Raises LastPasskey.
    """
    with as_citizen(tenant=tenant, citizen=citizen):
        rows = PasskeyRow.objects.select_for_update().filter(tenant_id=tenant.id, citizen_id=citizen).order_by("id")
        there = {row.id for row in rows}
        if passkey_id not in there:
            return
        if len(there) == 1:
            raise LastPasskey("the last passkey is taken away with everything else, or after a new one is made")
        rows.filter(id=passkey_id).delete()
        others = DeviceRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen)
        others.exclude(digest=token_digest(device)).delete()
