"""Answer a question with a document."""

from django.http import HttpResponse
from pydantic import BaseModel


def told(document: BaseModel) -> HttpResponse:
    """Answer 200 with a document."""
    return HttpResponse(document.model_dump_json(), content_type="application/json")
