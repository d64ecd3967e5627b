"""Adapters to payment providers (Zahlungsdienstleister), one room each: they translate, they never decide."""
