"""Order the collection of what is open of a claim by a recurring mandate. Ordered twice is once.

`--block` does not order but lets the mandate not be used again, for example because the payer took it back.
"""

from argparse import ArgumentParser, Namespace

from zahlstelle.kernel import clock

from ._django import start_django, stop_django


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("kassenzeichen", nargs="?", metavar="KASSENZEICHEN", help="the claim")
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")
    parser.add_argument("--mandate", required=True, metavar="REFERENCE", help="the mandate's reference")
    parser.add_argument("--block", action="store_true", help="let the mandate not be used again")


def run(args: Namespace) -> int:
    """Order, or block."""
    start_django()
    from zahlstelle import claims, payments, tenancy

    try:
        tenant, at = tenancy.tenant_by_slug(args.tenant), clock.now()
        if args.block:
            payments.block_mandate(tenant=tenant, reference=args.mandate, at=at)
            print(f"{args.mandate} is not used again")
            return 0
        claim = claims.claim_by_kassenzeichen(tenant=tenant, kassenzeichen=args.kassenzeichen or "")
        with tenancy.inside(tenant):
            known = payments.debits_of_claim(tenant=tenant, claim_id=claim.id)
            if not known:
                payment = payments.start_payment(tenant=tenant, claim_id=claim.id, at=at).payment
                known = [payments.order_debit_by(tenant=tenant, payment_id=payment.id, mandate=args.mandate, at=at)]
        print(f"{claim.kassenzeichen}: {known[-1].amount} will be collected")
        return 0
    finally:
        stop_django()
