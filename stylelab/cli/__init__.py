"""The `stylelab` command."""
