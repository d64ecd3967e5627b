"""A careless town (Simulation): a seeded month of claims, mistakes and bank files, with the truth."""

from ._collective import collective_file
from ._dialects import Bank
from ._month import Simulation, simulate
from ._rates import Rates
from ._score import POSTED, Decision, Score, read_decisions, read_truth, score
from ._town import Town

__all__ = [
    "POSTED",
    "Bank",
    "Decision",
    "Rates",
    "Score",
    "Simulation",
    "Town",
    "collective_file",
    "read_decisions",
    "read_truth",
    "score",
    "simulate",
]
