"""The one Django app that holds tables; rooms themselves are plain packages."""

from django.apps import AppConfig


class Tables(AppConfig):
    """Where Django looks for models and migrations."""

    name = "zahlstelle.tables"
    label = "tables"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Guard the tables after every migration; let the one module that knows every room plug them together."""
        from django.conf import settings
        from django.db.models.signals import post_migrate
        from django.utils.module_loading import import_string

        from . import guards

        post_migrate.connect(guards.apply, sender=self)
        import_string(settings.ZAHLSTELLE_WIRING)()
