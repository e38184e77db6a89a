"""Forms for the advisor: one file a stage. Save writes the engagement's files; the next cell reads them back."""
