"""The plans of one file: which shapes of details and heads were met, and what was worked out for them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from . import _details, _heads
from ._details import Context, DetailPlan
from ._forms import Form, NoForm
from ._shapes import PLAIN_TAG, OddShape, pattern, tree

HOT = 50  # an element seen this often gets an expression of its own
MAX_HOT = 8
OFTEN = 10  # with the same side and codes: a form
MAX_FORMS = 32
_CACHED_TAGS = 400_000  # of all shapes kept


class Plans:
    """The shapes met in one file, each worked out once. Bounded: a file of ever new shapes only loses its cache."""

    def __init__(self) -> None:
        self.plain: dict[tuple[str, ...], DetailPlan] = {}
        self.careful: dict[tuple[str, ...], DetailPlan] = {}
        self.seen: dict[tuple[str, ...], int] = {}
        self.heads: dict[tuple[str, ...], _heads.Shape] = {}
        self.tags = self.head_tags = 0
        self.hot: list[Hot] = []
        self.forms: dict[tuple[object, ...], list[Form]] = {}
        self.form_count = 0

    def plan(self, tags: tuple[str, ...], *, plain: bool) -> DetailPlan | None:
        """The plan for `tags`; None where they do not nest, or a `plain` reading would not be safe."""
        plans = self.plain if plain else self.careful
        known = plans.get(tags)
        if known is not None:
            return known
        if plain and (tags.count("TxDtls") != 1 or not all(map(PLAIN_TAG.fullmatch, tags))):
            return None
        try:
            found = _details.plan(tree(tags))
        except OddShape:
            return None
        if self.tags + len(tags) > _CACHED_TAGS:
            self.plain.clear()
            self.careful.clear()
            self.seen.clear()
            self.tags = 0
        plans[tags] = found
        self.tags += len(tags)
        return found

    def head(self, tags: tuple[str, ...]) -> _heads.Shape:
        """The shape of a message, statement or entry as far as it is known."""
        found = self.heads.get(tags)
        if found is None:
            if self.head_tags > _CACHED_TAGS:
                self.heads.clear()
                self.head_tags = 0
            found = self.heads[tags] = _heads.Shape(tags)
            self.head_tags += len(tags)
        return found

    def warm(self, tags: tuple[str, ...]) -> None:
        """Count a plain element of this shape; the most frequent ones are matched in one stroke."""
        self.seen[tags] = seen = self.seen.get(tags, 0) + 1
        if seen == HOT and len(self.hot) < MAX_HOT:
            self.hot.append(Hot(tags))

    def forms_for(self, around: Context) -> list[Form]:
        """The forms of details in an entry like `around`, the last one used first."""
        return self.forms.setdefault((around.currency, around.side, around.returned), [])

    def learn(self, hot: Hot, tokens: Sequence[str], around: Context) -> None:
        """Count what is fixed in a detail of a frequent shape; what comes often becomes a form."""
        key = (around.currency, around.side, around.returned, *hot.fixed(tokens))
        hot.seen[key] = seen = hot.seen.get(key, 0) + 1
        if seen == OFTEN and self.form_count < MAX_FORMS:
            self.form_count += 1
            try:
                self.forms_for(around).append(Form(hot.tags, lambda place: tokens[hot.groups[place]], around))
            except NoForm:
                return
        elif len(hot.seen) > MAX_FORMS * OFTEN:
            hot.seen.clear()


class Hot:
    """A frequent shape: one expression that matches the element, and the plan for its groups."""

    __slots__ = ("fixed", "groups", "match", "plan", "seen", "tags")

    def __init__(self, tags: tuple[str, ...]) -> None:
        expression, groups = pattern(tags)
        node = tree(tags, where=groups.__getitem__)
        self.tags, self.groups = tags, groups
        self.match = expression.match
        self.plan = _details.plan(node)
        self.seen: dict[tuple[object, ...], int] = {}
        self.fixed = itemgetter(self.plan.side, *_details.places(node)[_details.CODES])
