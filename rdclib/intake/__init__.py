"""A city's own files come in: how they were read is said, what cannot be known is asked, every row is accounted for."""

from rdclib.intake.table import Account, Amounts, Intake, read_table

__all__ = ["Account", "Amounts", "Intake", "read_table"]
