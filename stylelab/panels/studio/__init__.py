"""The studio: paint with live pictures, and turn every knob while it runs."""
