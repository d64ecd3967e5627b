"""Chance: the one place of this room where randomness begins."""

from random import Random


def chance(seed: int, *purpose: object) -> Random:
    """Give an own, repeatable stream of chance for one purpose, such as one day's claims.

    Streams are independent, so a further draw for one purpose never moves another purpose's outcome.
    """
    return Random("/".join(str(part) for part in (seed, *purpose)))  # noqa: S311 - a game, not a secret


def happens(rng: Random, rate: float) -> bool:
    """Say whether something that happens at `rate` (0 to 1) happens this time."""
    return rng.random() < rate


class Quota:
    """Lets something happen at a rate, evenly: in n times it happens n * rate times, give or take one."""

    def __init__(self, rate: float, rng: Random) -> None:
        self._rate, self._reached = rate, rng.random()

    def falls_due(self) -> bool:
        """Say whether it happens this time."""
        self._reached += self._rate
        if self._reached < 1:
            return False
        self._reached -= 1
        return True


def spread(total: int, weights: list[float]) -> list[int]:
    """Share `total` out by weight in whole numbers that add up to it."""
    whole = sum(weights)
    shares, given, reached = [], 0, 0.0
    for position, weight in enumerate(weights):
        reached += weight
        upto = total if position == len(weights) - 1 else int(total * reached / whole)
        shares.append(upto - given)
        given = upto
    return shares
