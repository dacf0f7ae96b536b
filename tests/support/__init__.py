"""Fakes and detectors shared by the tests."""
