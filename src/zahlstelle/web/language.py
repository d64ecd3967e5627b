"""A page's language is chosen by a plain link (`?lang=en`) and remembered in a cookie."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ChosenLanguage:
    """Let `?lang=` say the language of this page and of those to come. Stands before Django's LocaleMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the chosen language; an unknown one is no choice."""
        chosen = request.GET.get("lang")
        if chosen not in dict(settings.LANGUAGES):
            return self._get_response(request)
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = chosen
        response = self._get_response(request)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
        return response


def known(language: str | None) -> str:
    """Give a language our pages have: the one asked for, else the first."""
    return language if language in dict(settings.LANGUAGES) else str(settings.LANGUAGE_CODE)


def has_chosen(request: HttpRequest) -> bool:
    """Say whether the citizen has chosen a language here, now or earlier."""
    return request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) in dict(settings.LANGUAGES)
