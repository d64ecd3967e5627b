"""Stripe's API, against an emulator that is not ours (`localstripe`) behind a counter of ours.

The emulator knows PaymentIntents, cards that are declined, Refunds and signed webhooks: what it says of them is passed
on. It has no Checkout Sessions, no idempotency keys, one account for all keys and no `amount_received`: these the
counter adds after Stripe's API reference, and nothing else.
"""

import hashlib
import hmac
import json
import re
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.conformance.kit import Can, Heard, Rig, Trouble, Wrong
from tests.support.localstripe import LocalStripe
from tests.support.sandbox import listening, until
from zahlstelle.kernel import Secret, clock, new_id
from zahlstelle.payments import MerchantAccess, Provider, ProviderStatus
from zahlstelle.providers.stripe import MEANING, StripeProvider, VendorStatus

_GOOD_CARD, _DECLINED_CARD = "4242424242424242", "4000000000000341"
_KNOWN = re.compile(
    r"mode|client_reference_id|success_url|cancel_url|locale|expires_at|payment_method_types\[0\]|metadata\[\w+\]"
    r"|line_items\[0\]\[(quantity|price_data\]\[(currency|unit_amount|product_data\]\[name))\]"
    r"|payment_intent_data\[(metadata\]\[\w+|description|capture_method)\]"
    r"|payment_method_options\[card\]\[request_three_d_secure\]"
)
_OTHER = "01a208de-0000-7000-8000-000000000000"


@dataclass
class Session:
    """A Checkout Session as the counter keeps it."""

    id: str
    account: str
    form: Mapping[str, str]
    created: int
    status: str = "open"
    intent: str | None = None

    def said(self, intent: Any) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "checkout.session",
            "status": self.status,
            "created": self.created,
            "client_reference_id": self.form["client_reference_id"],
            "metadata": _inner(self.form, "metadata"),
            "amount_total": int(self.form["line_items[0][price_data][unit_amount]"]),
            "currency": self.form["line_items[0][price_data][currency]"],
            "livemode": False,
            "payment_intent": intent,
            "url": f"https://checkout.stripe.com/c/pay/{self.id}" if self.status == "open" else None,
        }


@dataclass
class Counter:
    """What stands before the emulator: sessions, keys that make a call once, faults and lies on demand."""

    emulator: LocalStripe
    accounts: dict[str, str] = field(default_factory=dict)  # key -> account
    sessions: dict[str, Session] = field(default_factory=dict)
    once: dict[tuple[str, str], tuple[str, int, bytes]] = field(default_factory=dict)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    lies: dict[str, dict[str, Any]] = field(default_factory=dict)  # by session
    no_refunds: set[str] = field(default_factory=set)
    lock: Any = field(default_factory=threading.RLock)

    def answer(self, verb: str, address: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        key = headers.get("authorization", "").removeprefix("Bearer ")
        if key not in self.accounts:
            return _error(401, "invalid_request_error")
        form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
        once = headers.get("idempotency-key")
        if verb == "GET" or once is None:
            return self._do(verb, address, key, form)
        place, digest = (self.accounts[key], once), hashlib.sha256(address.encode() + body).hexdigest()
        if place not in self.once:
            self.once[place] = (digest, *self._do(verb, address, key, form))
        known, status, said = self.once[place]
        return (status, said) if known == digest else _error(400, "idempotency_error")

    def _do(self, verb: str, address: str, key: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        url = urlsplit(address)
        match verb, url.path.strip("/").split("/"):
            case "POST", ["v1", "checkout", "sessions"]:
                return self._make(key, form)
            case "GET", ["v1", "checkout", "sessions"]:
                return self._list(key, parse_qs(url.query))
            case "POST", ["v1", "checkout", "sessions", name, "expire"] if session := self._own(key, name):
                if session.status != "open":
                    return _error(400, "invalid_request_error")
                session.status = "expired"
                return self._tell(session, key, url.query)
            case "GET", ["v1", "checkout", "sessions", name] if session := self._own(key, name):
                return self._tell(session, key, url.query)
            case "POST", ["v1", "refunds"] if form.get("payment_intent") in self.no_refunds:
                return _error(400, "invalid_request_error", "charge_disputed")
            case _, ["v1", "refunds", *_]:
                return self.emulator.call(verb, address, key, **form)
        return _error(404, "invalid_request_error", "resource_missing")

    def _make(self, key: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        strange = [name for name in form if not _KNOWN.fullmatch(name)]
        now = int(clock.now().timestamp())
        ends = int(form["expires_at"])
        if strange or form["mode"] != "payment" or not now + 1800 <= ends <= now + 86_400:
            return _error(400, "invalid_request_error", "parameter_unknown")
        session = Session(f"cs_test_{new_id().hex}", self.accounts[key], dict(form), now)
        self.sessions[session.id] = session
        return self._tell(session, key, "")

    def _list(self, key: str, asked: Mapping[str, list[str]]) -> tuple[int, bytes]:
        low, high = int(asked["created[gte]"][0]), int(asked["created[lte]"][0])
        own = [s for s in reversed(self.sessions.values()) if s.account == self.accounts[key]]
        found = [s for s in own if low <= s.created <= high]
        after = asked.get("starting_after", [""])[0]
        names = [s.id for s in found]
        page = found[names.index(after) + 1 if after else 0 :][:2]  # small pages, so that going on is tried
        said = {"object": "list", "data": [s.said(s.intent) for s in page], "has_more": page[-1:] != found[-1:]}
        return 200, json.dumps(said).encode()

    def _own(self, key: str, name: str) -> Session | None:
        session = self.sessions.get(name)
        return session if session and session.account == self.accounts[key] else None

    def _tell(self, session: Session, key: str, query: str) -> tuple[int, bytes]:
        intent: Any = session.intent
        if intent is not None and "payment_intent" in query:
            intent = self.intent(session, key)
        said = session.said(intent)
        lie = self.lies.pop(session.id, {}) if query else {}
        for path, value in lie.items():
            where: Any = said
            *above, last = path.split(".")
            for step in above:
                where = where[step]
            where[last] = value
        return 200, json.dumps(said).encode()

    def intent(self, session: Session, key: str) -> dict[str, Any]:
        """The emulator's PaymentIntent, with what it lacks: how much was received."""
        status, content = self.emulator.call("GET", f"/v1/payment_intents/{session.intent}", key)
        assert status == 200, content
        said: dict[str, Any] = json.loads(content)
        charge = said.get("latest_charge")
        if isinstance(charge, str):
            charge = json.loads(self.emulator.call("GET", f"/v1/charges/{charge}", key)[1])
        said["amount_received"] = charge["amount"] if said["status"] == "succeeded" else 0
        return {**said, "latest_charge": charge}

    def confirm(self, session: Session, key: str, card: str) -> None:
        """Do what the citizen does on the page of the session: give a card and confirm."""
        with self.lock:
            names = _inner(session.form, "payment_intent_data[metadata]")
            card_form = {"card[number]": card, "card[exp_month]": "12", "card[exp_year]": "2030", "card[cvc]": "123"}
            method = json.loads(self.emulator.call("POST", "/v1/payment_methods", key, type="card", **card_form)[1])
            made = self.emulator.call(
                "POST",
                "/v1/payment_intents",
                key,
                amount=session.form["line_items[0][price_data][unit_amount]"],
                currency=session.form["line_items[0][price_data][currency]"],
                payment_method=method["id"],
                **{f"metadata[{name}]": value for name, value in names.items()},
            )
            assert made[0] == 200, made
            session.intent, session.status = json.loads(made[1])["id"], "complete"
            done, told = self.emulator.call("POST", f"/v1/payment_intents/{session.intent}/confirm", key)
            assert done == (200 if card == _GOOD_CARD else 402), told


class RIG(Rig):
    name = "stripe"
    method = "card"
    lacks: ClassVar[Mapping[Can, str]] = {
        Can.LIMITS_REFUNDS: "the emulator gives back more than it captured; the provider refuses that",
        Can.KEEPS: "the adapter keeps no cards",
        Can.FORGETS: "the adapter keeps no cards",
    }

    def __init__(self, folder: Path) -> None:
        self._emulator = LocalStripe(folder)
        self._counter = Counter(self._emulator)
        self._server = _served(self._counter)
        self._base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._listening = listening()
        self._ear = self._listening.__enter__()
        self._adapter = StripeProvider(timeout=httpx.Timeout(10))

    def close(self) -> None:
        self._adapter._client.close()
        self._listening.__exit__(None, None, None)
        self._server.shutdown()
        self._server.server_close()
        self._emulator.close()

    @property
    def adapter(self) -> Provider:
        return self._adapter

    @property
    def words(self) -> tuple[Mapping[Any, ProviderStatus], type[StrEnum]]:
        return MEANING, VendorStatus

    def contract(self) -> MerchantAccess:
        return self._keys(f"acct_{new_id().hex}")

    def notify_url(self, access: MerchantAccess) -> str:
        return self._ear.url

    def pay(self, access: MerchantAccess, reference: str) -> None:
        self._counter.confirm(self._session(access, reference), access.secret.reveal(), _GOOD_CARD)

    def decline(self, access: MerchantAccess, reference: str) -> None:
        self._counter.confirm(self._session(access, reference), access.secret.reveal(), _DECLINED_CARD)

    def taken(self, access: MerchantAccess) -> int:
        return sum(session.account == access.merchant_id for session in self._counter.sessions.values())

    def trouble(self, operation: str, kind: Trouble) -> None:
        self._counter.troubles[operation] = kind

    def lie(self, access: MerchantAccess, reference: str, wrong: Wrong) -> None:
        self._counter.lies[self._session(access, reference).id] = {
            Wrong.AMOUNT: {"payment_intent.amount_received": 1},
            Wrong.MERCHANT: {"metadata.merchant": "another-town", "payment_intent.metadata.merchant": "another-town"},
            Wrong.REFERENCE: {"client_reference_id": _OTHER, "payment_intent.metadata.attempt": _OTHER},
        }[wrong]

    def foreign_word(self, access: MerchantAccess, reference: str) -> None:
        self._counter.lies[self._session(access, reference).id] = {"status": "quantum"}

    def heard(self, access: MerchantAccess, reference: str) -> Sequence[Heard]:
        until(lambda: self._about(reference))
        return [Heard(each.headers, each.body) for each in self._about(reference)]

    def tell(self, access: MerchantAccess, reference: str, wrong: Wrong | None = None) -> Heard:
        session = self._session(access, reference)
        about = session.said(session.intent) | {"status": "complete"}
        if wrong is Wrong.AMOUNT:
            about["amount_total"] = 1
        if wrong is Wrong.MERCHANT:
            about["metadata"]["merchant"] = "another-town"
        if wrong is Wrong.REFERENCE:
            about["id"], about["metadata"]["attempt"] = "cs_test_other", _OTHER
        event = {"id": f"evt_{new_id().hex}", "object": "event", "type": "checkout.session.completed"}
        body = json.dumps({**event, "livemode": False, "data": {"object": about}}).encode()
        moment = int(clock.now().timestamp())
        signed = f"{moment}.".encode() + body
        signature = hmac.new(access.secrets["webhook"].reveal().encode(), signed, hashlib.sha256).hexdigest()
        return Heard({"stripe-signature": f"t={moment},v1={signature}"}, body)

    def rotate(self, access: MerchantAccess) -> MerchantAccess:
        del self._counter.accounts[access.secret.reveal()]
        return self._keys(access.merchant_id)

    def given_back(self, access: MerchantAccess, reference: str) -> int:
        intent = self._session(access, reference).intent
        if intent is None:
            return 0  # nothing was begun at the card page
        listed = self._emulator.call("GET", f"/v1/refunds?payment_intent={intent}", access.secret.reveal())[1]
        return sum(refund["amount"] for refund in json.loads(listed)["data"])

    def refuse_refund(self, access: MerchantAccess, reference: str) -> None:
        intent = self._session(access, reference).intent
        assert intent is not None
        self._counter.no_refunds.add(intent)

    def _keys(self, account: str) -> MerchantAccess:
        key, secret = f"sk_test_{new_id().hex}", f"whsec_{new_id().hex}"
        self._counter.accounts[key] = account
        self._emulator.notify(self._ear.url, secret)
        return MerchantAccess(account, Secret(key), self._base, secrets={"webhook": Secret(secret)})

    def _session(self, access: MerchantAccess, reference: str) -> Session:
        with self._counter.lock:
            (found,) = (
                session
                for session in self._counter.sessions.values()
                if session.form["client_reference_id"] == reference and session.account == access.merchant_id
            )
        return found

    def _about(self, reference: str) -> list[Any]:
        return [each for each in list(self._ear.heard) if reference.encode() in each.body]


def _served(counter: Counter) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self.rfile.read(int(self.headers.get("content-length") or 0)))

        def _serve(self, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            with counter.lock:
                kind = counter.troubles.pop(_operation(self.command, self.path), None)
                if kind is Trouble.UNAVAILABLE:
                    status, said = _error(503, "api_error")
                else:
                    status, said = counter.answer(self.command, self.path, headers, body)
            if kind is Trouble.LOST:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.shutdown(socket.SHUT_RD)
                self.connection.close()
                self.close_connection = True
                return
            said = b"<html>" if kind is Trouble.GARBAGE else said
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _operation(verb: str, address: str) -> str:
    path = urlsplit(address).path
    if path.startswith("/v1/refunds"):
        return "refund" if verb == "POST" else "refund_status"
    if path.endswith("/expire"):
        return "cancel"
    return "start" if verb == "POST" else "status"


def _inner(form: Mapping[str, str], name: str) -> dict[str, str]:
    start = f"{name}["
    return {key[len(start) : -1]: value for key, value in form.items() if key.startswith(start)}


def _error(status: int, kind: str, code: str | None = None) -> tuple[int, bytes]:
    return status, json.dumps({"error": {"type": kind, "code": code}}).encode()
