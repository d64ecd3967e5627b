"""What the card schemes keep, in the sandbox's memory. Of a card never the number, of a device only a hash."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS src_key (
    owner TEXT NOT NULL, purpose TEXT NOT NULL, kid TEXT NOT NULL UNIQUE, pem TEXT NOT NULL,
    PRIMARY KEY (owner, purpose)
);
CREATE TABLE IF NOT EXISTS src_initiator (
    initiator TEXT PRIMARY KEY, name TEXT NOT NULL, encryption_key TEXT NOT NULL, signing_key TEXT
);
CREATE TABLE IF NOT EXISTS src_dpa (
    src_dpa_id TEXT PRIMARY KEY, initiator TEXT NOT NULL REFERENCES src_initiator, name TEXT NOT NULL,
    merchant_id TEXT
);
CREATE TABLE IF NOT EXISTS src_consumer (
    consumer TEXT PRIMARY KEY, scheme TEXT NOT NULL, email TEXT NOT NULL, identity TEXT NOT NULL,
    first_name TEXT, last_name TEXT, created_at TEXT NOT NULL, proved INTEGER NOT NULL DEFAULT 0,
    UNIQUE (scheme, email)
);
CREATE TABLE IF NOT EXISTS src_card (
    card_id TEXT PRIMARY KEY, consumer TEXT NOT NULL REFERENCES src_consumer ON DELETE CASCADE, slug TEXT NOT NULL,
    expiry TEXT NOT NULL, holder TEXT, created_at TEXT NOT NULL, used_at TEXT, UNIQUE (consumer, slug)
);
CREATE TABLE IF NOT EXISTS src_device (
    device TEXT PRIMARY KEY, consumer TEXT NOT NULL REFERENCES src_consumer ON DELETE CASCADE, expires_at TEXT NOT NULL,
    proved INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS src_session (
    session TEXT PRIMARY KEY, scheme TEXT NOT NULL, correlation_id TEXT NOT NULL UNIQUE, transaction_id TEXT,
    initiator TEXT NOT NULL REFERENCES src_initiator, src_dpa_id TEXT NOT NULL REFERENCES src_dpa,
    amount_cents INTEGER CHECK (amount_cents > 0), currency TEXT, with_payload INTEGER NOT NULL,
    confirms INTEGER NOT NULL, origin TEXT, language TEXT NOT NULL, named TEXT, consumer TEXT, verified_by TEXT,
    device TEXT, proved INTEGER NOT NULL DEFAULT 0, expires_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS src_code (
    number INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL REFERENCES src_session, scheme TEXT NOT NULL,
    email TEXT NOT NULL, code TEXT NOT NULL, sent_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS src_flow (
    flow TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES src_session, wish TEXT NOT NULL, asks INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS src_checkout (
    checkout TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES src_session, card_id TEXT NOT NULL,
    amount_cents INTEGER, currency TEXT, verified_by TEXT, done_at TEXT NOT NULL, payload_given INTEGER NOT NULL,
    result TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS src_cryptogram (
    cryptogram TEXT PRIMARY KEY, token TEXT NOT NULL, slug TEXT NOT NULL, holder TEXT, scheme TEXT NOT NULL,
    src_dpa_id TEXT NOT NULL, amount_cents INTEGER NOT NULL CHECK (amount_cents > 0), currency TEXT NOT NULL,
    verified_by TEXT, expires_at TEXT NOT NULL, spent_at TEXT
);
CREATE TABLE IF NOT EXISTS src_nonce (
    initiator TEXT NOT NULL, nonce TEXT NOT NULL, used_at TEXT NOT NULL, PRIMARY KEY (initiator, nonce)
);
CREATE TABLE IF NOT EXISTS src_confirmation (
    number INTEGER PRIMARY KEY AUTOINCREMENT, correlation_id TEXT NOT NULL, initiator TEXT NOT NULL,
    body TEXT NOT NULL, told_at TEXT NOT NULL
);
"""

# Columns that came later, as in _store.
LATER = {
    "src_consumer": {"proved": "INTEGER NOT NULL DEFAULT 0"},
    "src_device": {"proved": "INTEGER NOT NULL DEFAULT 0"},
    "src_session": {"proved": "INTEGER NOT NULL DEFAULT 0"},
    "src_checkout": {"amount_cents": "INTEGER", "currency": "TEXT", "verified_by": "TEXT"},
}
