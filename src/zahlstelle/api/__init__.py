"""The REST interface for makers of online services: /api/v1/. It translates and never decides."""

from ._app import urls
from ._middleware import EveryErrorIsAProblem

__all__ = ["EveryErrorIsAProblem", "urls"]
