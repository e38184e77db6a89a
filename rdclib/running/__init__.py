"""Runs notebooks for many engagements: isolated, resumable, and honest about what failed."""
