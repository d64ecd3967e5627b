"""The schemes' browser side: their script, their keys, and the calls the script makes. One code for both schemes."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, request, url_for

from . import _src_checkout, _src_codes, _src_flows, _src_keys, _src_sessions, _src_wishes
from ._behaviour import Behaviour, current
from ._checks import text
from ._clock import now
from ._context import json_body, sandbox
from ._pages import passes
from ._payments_api import _base_url
from ._problems import Problem
from ._src_rules import DEVICE_LIVES, SCHEMES, Refused, Scheme

src = Blueprint("src", __name__, url_prefix="/src/<scheme>")
_SCRIPT = Path(__file__).parent / "src_scripts" / "sdk.js"
Answer = dict[str, Any] | Response | Refused


def scheme_named(name: str) -> Scheme:
    """The scheme of an address. Raises Refused."""
    if name not in SCHEMES:
        raise Refused("NOT_FOUND", "There is no such scheme.", 404)
    return SCHEMES[name]


def suffer(scheme: Scheme, *, slow: bool = True) -> Behaviour:
    """Be as badly behaved as the switches say: down, or slow. Raises Refused."""
    with sandbox().store.reading() as connection:
        behaviour = current(connection)
    if scheme.name in behaviour.src_down:
        raise Refused("SERVICE_ERROR", "The scheme is down.", 503)
    if slow and scheme.name in behaviour.src_slow:
        time.sleep(behaviour.src_slow_seconds)
    return behaviour


def remember(response: Response, scheme: Scheme, secret: str | None) -> None:
    """Give the browser the scheme's cookie, or take it away. Merchants' pages show us in a frame: hence None."""
    response.set_cookie(
        scheme.cookie,
        secret or "",
        max_age=int(DEVICE_LIVES.total_seconds()) if secret else 0,
        path=f"/src/{scheme.name}",
        secure=True,
        httponly=True,
        samesite="None",
    )


@src.errorhandler(Refused)
def _refused(refused: Refused) -> tuple[Response, int]:
    return jsonify(refused.body()), refused.status


@src.errorhandler(Problem)
def _problem(problem: Problem) -> tuple[Response, int]:
    return _refused(Refused("INVALID_PARAMETER", problem.detail, problem.status))


@src.before_request
def _asked_before() -> Response | None:
    """Browsers ask first whether a page of another origin may call. A body that nobody reads would end the line."""
    request.get_data()
    return make_response("", 204) if request.method == "OPTIONS" else None


@src.after_request
def _shared(response: Response) -> Response:
    """Pages of this machine may call, with the scheme's cookie; no other page may."""
    if origin := _origin():
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
    response.headers["Vary"] = "Origin"
    return response


@src.get("/sdk.js")
def script(scheme: str) -> Response:
    """The script names its own origin: a page may have got it another way."""
    found = scheme_named(scheme)
    suffer(found, slow=False)
    code = _SCRIPT.read_text().replace("{{scheme}}", found.name).replace("{{origin}}", _base_url())
    headers = {"Access-Control-Allow-Origin": "*"}
    return Response(code, mimetype="text/javascript", headers=headers)


@src.get("/keys")
def keys(scheme: str) -> Response:
    found = scheme_named(scheme)
    suffer(found)
    with sandbox().store.writing() as connection:
        return jsonify({"keys": _src_keys.public_keys(connection, found)})


@dataclass(frozen=True, slots=True)
class Called:
    """One call of the script: in which transaction and session, with what, under the scheme's cookie."""

    connection: sqlite3.Connection
    scheme: Scheme
    session: sqlite3.Row
    order: dict[str, Any]
    secret: str | None
    behaviour: Behaviour
    at: datetime


@src.route("/sdk/<call>", methods=["POST", "OPTIONS"])
def called(scheme: str, call: str) -> Response:
    """One call of the script, in one transaction."""
    found = scheme_named(scheme)
    behaviour, order, at = suffer(found), json_body(), now()
    if call != "init" and call not in _CALLS:
        raise Refused("NOT_FOUND", "There is no such call.", 404)
    if not isinstance(order, dict):
        raise Refused("INVALID_PARAMETER", "The body is one JSON object.")
    with sandbox().store.writing() as connection:
        if call == "init":
            session = _src_sessions.start(connection, found, order, _origin(), at)
            return jsonify({"session": session["session"], "srcCorrelationId": session["correlation_id"]})
        session = _src_sessions.get(connection, found, order.get("session"), at)
        secret = request.cookies.get(found.cookie)
        answer = _CALLS[call](Called(connection, found, session, order, secret, behaviour, at))
    if isinstance(answer, Refused):  # what it counted stays counted
        raise answer
    return answer if isinstance(answer, Response) else jsonify(answer)


def _is_recognized(call: Called) -> Answer:
    token = call.order.get("recognitionToken")
    tokens = _src_sessions.recognise(call.connection, call.scheme, call.session, call.secret, token, call.at)
    return {"recognized": bool(tokens), "idTokens": tokens}


def _lookup(call: Called) -> Answer:
    value, kind = str(call.order.get("identityValue")), str(call.order.get("identityType"))
    return {"consumerPresent": _src_sessions.look_up(call.connection, call.scheme, call.session, kind, value)}


def _send_code(call: Called) -> Answer:
    return {
        "maskedValidationChannel": _src_codes.send_code(call.connection, call.scheme, call.session, call.at),
    }


def _check_code(call: Called) -> Answer:
    code, wrong = str(call.order.get("validationData")), call.behaviour.src_wrong_codes
    answer = _src_codes.check_code(call.connection, call.scheme, call.session, code, wrong, call.at)
    return answer if isinstance(answer, Refused) else {"idToken": answer}


def _profile(call: Called) -> Answer:
    tokens = call.order.get("idTokens")
    profiles = _src_sessions.profile(call.connection, call.scheme, call.session, tokens, call.at)
    return {"profiles": profiles, "srcCorrelationId": call.session["correlation_id"]}


def _checkout(call: Called) -> Answer:
    connection, scheme = call.connection, call.scheme
    _src_flows.drop(connection, call.session)
    session = _src_sessions.change_terms(connection, call.session, call.order.get("dpaTransactionOptions"))
    wish = _src_wishes.read_wish(connection, scheme, session, call.order, call.at)
    asks = _src_wishes.asks(session, wish)
    if asks or call.order.get("windowRef") is True:
        flow = _src_flows.begin(connection, session, wish, asks=asks)
        page = url_for("src_pages.facilitator", scheme=scheme.name, flow=flow, lang=session["language"])
        return {"flow": flow, "page": f"{_base_url()}{page}"}
    replay = call.behaviour.src_replay
    done = _src_checkout.complete(connection, scheme, session, wish, call.secret, call.at, replay=replay)
    response = jsonify(done.answer)
    if done.secret:
        remember(response, scheme, done.secret)
    return response


def _unbind(call: Called) -> Answer:
    _src_sessions.leave(call.connection, call.session, call.secret)
    response = jsonify({})
    remember(response, call.scheme, None)
    return response


def _origin() -> str | None:
    """The origin of the calling page, if it is one of this machine."""
    origin = request.headers.get("Origin", "")
    if not passes(text(200), origin):
        return None
    return origin if urlsplit(origin).hostname in ("127.0.0.1", "localhost", "::1") else None


_CALLS: dict[str, Callable[[Called], Answer]] = {
    "isRecognized": _is_recognized,
    "identityLookup": _lookup,
    "initiateIdentityValidation": _send_code,
    "completeIdentityValidation": _check_code,
    "getSrcProfile": _profile,
    "checkout": _checkout,
    "unbindAppInstance": _unbind,
}
