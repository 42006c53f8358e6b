"""The pictures that come along: photographs, and styles painted by code."""
