"""What happened, written in the same transaction: the outbox that webhooks are delivered from."""

from ._operations import record, record_many, record_selected
from ._queries import Event, events_about

__all__ = ["Event", "events_about", "record", "record_many", "record_selected"]
