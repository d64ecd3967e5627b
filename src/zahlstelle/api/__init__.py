"""The REST interface for makers of online services: /api/v1/, and its tokens. It translates and never decides."""

from ._app import urls
from ._middleware import EveryErrorIsAProblem
from ._tokens import token

__all__ = ["EveryErrorIsAProblem", "token", "urls"]
