"""The provider's settlement reports: what each payout is made of, gross, whichever way it was paid out."""

from datetime import date

from . import _others as others
from ._bank_day import Movements, payout_name
from ._facts import Detail


def report(day: date, moves: Movements) -> dict[str, object]:
    """Give the line of `payouts.jsonl` for the payout of a day: cents above zero come to the town."""
    items = [_item("payment", line.amount_cents, line) for line in moves.payout]
    if moves.net:
        items += [_item("fee", -others.fee_of(line), line) for line in moves.payout]
        items += [_item("chargeback", -back.amount_cents, back) for back in moves.back if back.kind == "chargeback"]
    name = payout_name(day)
    return {
        "payout": name,
        "reference": f"{name}-1",
        "day": day.isoformat(),
        "currency": "EUR",
        "form": "net" if moves.net else "gross",
        "cents": sum(cents for _, cents, _, _ in items),
        "items": [
            {"kind": kind, "cents": cents, "provider_reference": reference, "kassenzeichen": number}
            for kind, cents, reference, number in items
        ],
    }


def _item(kind: str, cents: int, detail: Detail) -> tuple[str, int, str, str]:
    return kind, cents, detail.instruction_id, detail.end_to_end_id
