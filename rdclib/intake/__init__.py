"""A city's own files come in: how they were read is said, what cannot be known is asked, every row is accounted for."""

from rdclib.intake.outcome import Account, Amounts, Intake
from rdclib.intake.table import read_table

__all__ = ["Account", "Amounts", "Intake", "read_table"]
