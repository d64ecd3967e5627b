"""Which money pays which claim. No IO.

Money is posted by itself only where nothing is in doubt: never by amount alone, never by name alone. What is seen of a
detail is put into signals (`_look`); what follows from them stands in the decision table (`_table`), which is printed
into docs/allocation.md; what is done then stands in `_act`.
"""

from zahlstelle.bank import ToDecide

from ._act import DO, why
from ._decisions import Allocate as Allocate
from ._decisions import Decided as Decided
from ._decisions import Divide as Divide
from ._decisions import Known as Known
from ._decisions import PaidOut as PaidOut
from ._decisions import Suspend as Suspend
from ._doubts import DOUBT_WORDS as DOUBT_WORDS
from ._doubts import RETRIED as RETRIED
from ._doubts import Doubt as Doubt
from ._look import look
from ._references import References as References
from ._references import references_in as references_in
from ._table import outcome

RULE_VERSION = "2026-12"


def decide(item: ToDecide, named: References, known: Known) -> Decided:
    """Decide what becomes of a detail's money."""
    seen = look(item, named, known)
    then = outcome(seen.signals)
    if isinstance(then, Doubt):
        return Suspend(then, seen.candidate, why(seen, known))
    return DO[then](item, seen, known)
