"""Cards typed into fields of the provider's own on our page: what the page needs for them. No number comes here."""

from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Tenant

from ._flow import _for_method, _outside_any_transaction
from ._socket import CardFields, HasCardFields


class CardFieldsAway(Refusal):
    """The provider does not give its card fields at this moment; nothing has happened."""

    code = "card_fields_away"
    status = 503


def has_card_fields(*, tenant: Tenant, method: str) -> bool:
    """Say whether a method is paid by a card typed into the provider's own fields on our page. Raises MethodUnknown."""
    provider, _ = _for_method(tenant, method)
    return isinstance(provider, HasCardFields) and method in provider.card_methods


def card_fields(*, tenant: Tenant, method: str) -> CardFields:
    """Ask the provider for its card fields, to be shown once. Raises MethodUnknown, CardFieldsAway."""
    _outside_any_transaction()
    provider, merchant = _for_method(tenant, method)
    given = provider.card_fields(merchant) if isinstance(provider, HasCardFields) else None
    if not isinstance(given, CardFields):
        raise CardFieldsAway(given.reason if given else f"{provider.name} has no card fields")
    return given
