"""Collect the direct debits that wait: write one pain.008.001.08 for the bank.

What is in the file is written down first, so nothing is collected twice, whoever else collects at the same moment and
whenever the command is interrupted: called again, it gives the same file under the same message id. The bank side
knows the orders from then on. A file that is there is never replaced.
"""

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path

from zahlstelle.kernel import clock

from ._django import start_django, stop_django
from ._new_file import write_new


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")
    parser.add_argument("-o", required=True, dest="file", metavar="FILE", type=Path, help="where to write")
    parser.add_argument("--again", metavar="MSGID", help="write the file of this earlier collection once more")


def run(args: Namespace) -> int:
    """Collect."""
    start_django()
    from zahlstelle import claims, payments, tenancy, treasury
    from zahlstelle.kernel import Money

    try:
        tenant = tenancy.tenant_by_slug(args.tenant)
        put, at = partial(write_new, args.file), clock.now()
        if args.again:
            done = treasury.collect_again(tenant=tenant, message_id=args.again, at=at, by="command", put=put)
        else:
            done = treasury.collect(tenant=tenant, at=at, by="command", put=put)
        print(f"{done.message_id}: {done.count} debits, {Money(done.cents)}, made {done.made_at:%Y-%m-%d %H:%M} UTC")
        if done.taken_at is not None:
            print(f"taken before, at {done.taken_at:%Y-%m-%d %H:%M} UTC: give it to the bank only once")
        if left := payments.collections(tenant=tenant, untaken=True):
            print(f"{len(left)} earlier collections still wait to be taken: call again with another file")
        for attempt, mandate, creditor in payments.debits_of_other_creditors(tenant=tenant):
            number = claims.claim_by_id(tenant=tenant, claim_id=attempt.claim_ids[0]).kassenzeichen
            print(f"left out: {number}, {attempt.amount}: mandate {mandate} was given to {creditor}")
        return 0
    finally:
        stop_django()
