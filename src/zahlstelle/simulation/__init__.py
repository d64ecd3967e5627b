"""A careless town (Simulation): a seeded month of claims, mistakes and bank files, with the truth."""

from ._collective import collective_file
from ._month import Simulation, simulate
from ._rates import Rates
from ._town import Town

__all__ = ["Rates", "Simulation", "Town", "collective_file", "simulate"]
