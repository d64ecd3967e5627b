"""A lost passkey: a link by e-mail opens its citizen's wallet, once and not for long.

Whoever asks is told nothing about an address: what they write is only put down, the same for every address, and the
worker finds out whom it concerns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from zahlstelle.kernel import new_id, new_token, token_digest
from zahlstelle.tables.wallet import CitizenRow, LinkWishRow, PasskeyLinkRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import LINK_LIVES, WISHED_LINK_LIVES, LinkRefused, Opened

TOKEN = "{token}"  # noqa: S105 - the mark in a mail's text where the link's token belongs
_MOST = 50


@dataclass(frozen=True, slots=True)
class LinkMail:
    """A mail with a link, to be sent."""

    id: UUID
    recipient: str
    title: str
    text: str


def wish_link(*, tenant: Tenant, email: str, title: str, text: str, at: datetime) -> None:
    """Write down that somebody wishes a link to an address, and the mail's words; `TOKEN` marks the link's place."""
    with inside(tenant):
        LinkWishRow.objects.create(id=new_id(), tenant_id=tenant.id, email=email, title=title, text=text, asked_at=at)


def links_wished(*, tenant: Tenant, at: datetime) -> Sequence[LinkMail]:
    """Make a link for each citizen of a wished address, and hand the mails out; for all others there is none.

    Called inside the step that puts the mails into the post: a link whose mail is lost would be asked for in vain.
    """
    with inside(tenant):
        wishes = LinkWishRow.objects.select_for_update(skip_locked=True).filter(tenant_id=tenant.id)
        mails: list[LinkMail] = []
        for wish in wishes.order_by("asked_at")[:_MOST]:
            if at < wish.asked_at + WISHED_LINK_LIVES:
                mails += _made(tenant, wish, at)
            wish.delete()
        return mails


def open_by_link(*, tenant: Tenant, token: str, at: datetime) -> Opened:
    """Let a link open its citizen's wallet; it is spent with this. Raises LinkRefused."""
    with inside(tenant):
        rows = PasskeyLinkRow.objects.select_for_update().filter(tenant_id=tenant.id, digest=token_digest(token))
        row = rows.first()
        rows.delete()
    if row is None or at >= row.expires_at:
        raise LinkRefused("this link is not (or no longer) one of ours")
    return Opened(row.citizen_id, by_link=True)


def _made(tenant: Tenant, wish: LinkWishRow, at: datetime) -> list[LinkMail]:
    """Who made a passkey twice is two citizens here, with two links."""
    citizens = CitizenRow.objects.filter(tenant_id=tenant.id, email__iexact=wish.email).order_by("made_at", "id")
    return [_mail(tenant, wish, citizen.id, at) for citizen in citizens[:5]]


def _mail(tenant: Tenant, wish: LinkWishRow, citizen: UUID, at: datetime) -> LinkMail:
    token = new_token()
    row = PasskeyLinkRow.objects.create(
        id=new_id(),
        tenant_id=tenant.id,
        digest=token_digest(token),
        citizen_id=citizen,
        expires_at=at + LINK_LIVES,
    )
    return LinkMail(row.id, wish.email, wish.title, wish.text.replace(TOKEN, token))
