"""Who stands at the desk, of which town, and what they may do. Every view of a town begins here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Membership, Permission, Person, Role, Tenant, may, towns_of

P = ParamSpec("P")
View = Callable[..., HttpResponse]
_GERMAN = "de"


@dataclass(frozen=True, slots=True)
class Desk:
    """A person at a town's desk."""

    person: Person
    tenant: Tenant
    roles: frozenset[Role]
    towns: int

    def may(self, permission: Permission) -> bool:
        """Say whether one of the person's roles in this town carries the permission."""
        return any(may(role, permission) for role in self.roles)

    @property
    def may_import(self) -> bool:
        """For templates."""
        return self.may(Permission.IMPORT_BANK_FILES)

    @property
    def may_take_away(self) -> bool:
        """For templates."""
        return self.may(Permission.TAKE_BANK_FILES_AWAY)

    @property
    def may_open_claims(self) -> bool:
        """For templates."""
        return self.may(Permission.OPEN_CLAIMS)

    @property
    def may_settle(self) -> bool:
        """For templates."""
        return self.may(Permission.SETTLE_DOUBTS)


def at_the_desk(
    permission: Permission, **by_method: Permission
) -> Callable[[Callable[Concatenate[HttpRequest, Desk, P], HttpResponse]], View]:
    """Let a view be seen only by people of the town who may.

    `by_method` names another permission for a method: `POST=Permission.IMPORT_BANK_FILES`. Nobody logged in: to the
    log-in. Another town, or what a room does not know: 404. Not permitted: 403.
    """

    def decorate(view: Callable[Concatenate[HttpRequest, Desk, P], HttpResponse]) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, town: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            person = request.user
            if not isinstance(person, Person):
                return redirect_to_login(request.get_full_path())
            with translation.override(_GERMAN):
                desk = desk_of(person, town, towns_of(person.id))
                if desk is None:
                    return missing(request, None)
                if not desk.may(by_method.get(request.method or "", permission)):
                    return page(request, desk, "forbidden", status=403)
                try:
                    return view(request, desk, *args, **kwargs)
                except Refusal as refusal:
                    if refusal.status != 404:
                        raise
                    return missing(request, desk)

        return guarded

    return decorate


def desk_of(person: Person, town: str, memberships: list[Membership] | Any) -> Desk | None:
    """Find the desk of a town among a person's memberships; None where there is none."""
    own = [membership for membership in memberships if membership.tenant.slug == town]
    if not own:
        return None
    towns = len({membership.tenant.id for membership in memberships})
    return Desk(person, own[0].tenant, frozenset(membership.role for membership in own), towns)


def page(
    request: HttpRequest, desk: Desk | None, name: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Show a page of the back office."""
    return render(request, f"back_office/{name}.html", {"desk": desk, **(context or {})}, status=status)


def missing(request: HttpRequest, desk: Desk | None) -> HttpResponse:
    """Say that there is nothing here."""
    return page(request, desk, "missing", status=404)
