"""Bundled pictures: photographs, and styles painted by code."""
