"""Towns for tests: each made anew, with its own name, account and pool."""

import itertools
import os
from datetime import UTC, datetime
from typing import Any

from zahlstelle import claims, treasury
from zahlstelle.claims import Claim, NewClaim
from zahlstelle.kernel import eur, new_id
from zahlstelle.tenancy import Tenant, read_town_file

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
_COUNTER = itertools.count(1)


def iban(number: int, bank: str = "37050198") -> str:
    """Make a valid German IBAN of an account number."""
    account = f"{bank}{number:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def town_file(**changes: Any) -> dict[str, Any]:
    """Say what a town file says; `changes` replace whole parts, `check` the pool's method."""
    number = next(_COUNTER) + (os.getpid() % 9000) * 100_000
    slug = changes.get("slug", f"town-{new_id().hex}")
    check = changes.pop("check", "mod11")
    content = {
        "slug": slug,
        "name": f"Stadt {slug}",
        "ags": "05999001",
        "mode": "test",
        "bank_accounts": [{"iban": iban(number), "bic": "COLSDE33XXX", "holder": f"Stadt {slug}"}],
        "units": [{"key": "buergerbuero", "name": "Bürgerbüro"}],
        "pools": [{"name": "standard", "prefix": "4711", "digits": 7, "check": check}],
        "services": [
            {
                "key": "personalausweis",
                "unit": "buergerbuero",
                "pool": "standard",
                "name": {"de": "Personalausweis", "en": "Identity card"},
                "fee_cents": 3700,
                "posting": {"product": "122010", "account": "431100"},
            },
            {"key": "spende", "pool": "standard", "name": {"de": "Spende", "en": "Donation"}},
        ],
        "people": [
            {"email": f"{role}@{slug}.example", "name": f"{role.title()} {slug[-4:]}", "role": role}
            for role in ("treasurer", "clerk", "auditor", "operator")
        ],
        "providers": [
            {
                "name": "sandbox",
                "merchant_id": slug,
                "secret": "merchant secret",
                "base_url": "http://127.0.0.1:1",
                "methods": ["card"],
            }
        ],
    }
    return {**content, **changes}


def found_town(*, password: str | None = None, **changes: Any) -> Tenant:
    """Found a town from such a file. Its people can log in only where a password is given: hashing takes its time."""
    return treasury.found_town(town=read_town_file(town_file(**changes)), at=AT, password=password)


def a_claim(town: Tenant, amount: str = "37.00", *, at: datetime = AT, **more: Any) -> Claim:
    """Open a claim; only what the test is about is said."""
    new = NewClaim(amount=eur(amount), purpose=more.pop("purpose", "Personalausweis"), **more)
    return claims.open_claim(tenant=town, claim=new, at=at)
