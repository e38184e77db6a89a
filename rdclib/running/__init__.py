"""Runs notebooks for many engagements: isolated, resumable, and honest about what failed."""

from rdclib.running.diff import changes_as_text, diff
from rdclib.running.state import as_text, status

__all__ = ["as_text", "changes_as_text", "diff", "status"]
