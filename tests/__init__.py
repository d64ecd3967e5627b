"""Tests of Zahlstelle; they mirror its rooms."""
