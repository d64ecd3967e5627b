"""One module for each adapter; each names its rig `RIG`."""

import importlib
import pkgutil

from tests.conformance.kit import Rig

ALL: dict[str, type[Rig]] = {
    module.name: importlib.import_module(f"{__name__}.{module.name}").RIG for module in pkgutil.iter_modules(__path__)
}
