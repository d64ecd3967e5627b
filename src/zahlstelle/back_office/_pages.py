"""Cut long lists into pages."""

from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page of a list: its number from 1, its size, and how long the list is."""

    number: int
    size: int
    total: int

    @property
    def offset(self) -> int:
        """How many come before."""
        return (self.number - 1) * self.size

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def first_shown(self) -> int:
        """The first place on this page."""
        return min(self.offset + 1, self.total)

    @property
    def last_shown(self) -> int:
        """The last place on this page."""
        return min(self.offset + self.size, self.total)

    @property
    def before(self) -> int | None:
        """The page before, if there is one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        """The page after, if there is one."""
        return self.number + 1 if self.number < self.last else None


def page_number(request: HttpRequest) -> int:
    """Read `?seite=`; what is no number is page 1."""
    asked = request.GET.get("seite", "")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1


def stretch(request: HttpRequest, size: int, total: int) -> Stretch:
    """Give the asked page, or the last one where it lies beyond."""
    whole = Stretch(1, size, total)
    return Stretch(min(page_number(request), whole.last), size, total)
