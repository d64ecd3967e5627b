"""The sandbox's web application: the provider's API, its card page, the test bank, the admin API."""

import os
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from . import (
    _admin,
    _bank_pages,
    _behaviour,
    _card_pages,
    _giro_api,
    _mailbox,
    _merchants,
    _pages,
    _payone_api,
    _payone_cards,
    _src_admin,
    _src_api,
    _src_pages,
    _src_server,
    _stored_api,
)
from ._config import Config, Unusable, read_config, refuse_live
from ._context import Sandbox
from ._notifications import Sender
from ._problems import Problem
from ._scheduler import Scheduler
from ._store import Store

# Pages carry no script at all. form-action names schemes, not one origin: browsers apply it to the whole
# chain of redirects after a form, and where the merchant sends the payer on is not ours to know.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' http: https:;"
    " base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the sandbox keeps its things and what it is told."""

    data: Path
    config: Path | None


def from_environment() -> Flask:
    """The application of the served process; the command line hands its arguments on in the environment."""
    config = os.environ.get("SANDBOX_CONFIG")
    place = Place(Path(os.environ["SANDBOX_DATA"]), Path(config) if config else None)
    return create_app(place, background=True)


def prepare(place: Place) -> None:
    """Do once, before serving, what can go wrong: read the config, open the memory. Raises Unusable."""
    app = create_app(place, background=False)
    app.extensions["sandbox"].store.close()


def create_app(place: Place, *, background: bool) -> Flask:
    """Build the application; with `background` its sender and scheduler run too. Raises Unusable."""
    refuse_live(os.environ.get("SANDBOX_MODE"))
    place.data.mkdir(parents=True, exist_ok=True)
    config = read_config(place.config, place.data)
    store = Store(place.data / "sandbox.sqlite3")
    _apply(store, config)
    sender = Sender(store)
    folder = place.data / "bank"
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 256 * 1024
    app.extensions["sandbox"] = Sandbox(store, sender, folder, config.admin_token, config.base_url)
    for blueprint in (
        _stored_api.api,  # the whole API: kept cards and, below them, payments
        _giro_api.giro,
        _payone_api.payone,
        _payone_cards.fields,
        _admin.admin,
        _src_admin.admin,
        _src_server.server,
        _src_api.src,
        _src_pages.pages,
        _pages.pages,
        _card_pages.cards,
        _bank_pages.bank,
        _mailbox.mailbox,
    ):
        app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", view_func=_healthz)
    app.before_request(_only_this_machine)
    app.after_request(_secured)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http_error)
    if background:
        sender.start()
        Scheduler(store, sender, folder, config.payout_at).start()
    return app


def _apply(store: Store, config: Config) -> None:
    try:
        with store.writing() as connection:
            for body in config.merchants:
                named = {name: value for name, value in body.items() if name != "merchant_id"}
                _merchants.put(connection, body.get("merchant_id"), named)
            if config.behaviour is not None:
                _behaviour.put(connection, config.behaviour)
    except Problem as problem:
        raise Unusable(f"config: merchants: {problem.detail}") from problem


def _healthz() -> Response:
    return jsonify({"status": "ok", "mode": "test", "service": "zahlstelle-sandbox"})


def _only_this_machine() -> None:
    """A page elsewhere must not reach the sandbox under a name that it pointed at this machine."""
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    if host not in ("127.0.0.1", "localhost", "[::1]"):
        raise Problem(421, "wrong_host", "The sandbox answers only as 127.0.0.1 or localhost.")


def _secured(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _problem(problem: Problem) -> tuple[Response, int] | tuple[str, int]:
    if request.blueprint in ("pages", "cards", "bank", "mailbox", "src_pages"):
        return _pages.sorry(problem), problem.status
    response = jsonify(problem.body())
    response.mimetype = "application/problem+json"
    return response, problem.status


def _http_error(error: HTTPException) -> tuple[Response, int] | tuple[str, int]:
    code = (error.name or "error").lower().replace(" ", "_")
    return _problem(Problem(error.code or 500, code, error.description or code))
