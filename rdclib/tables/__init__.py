"""Results as tables: one file a stage; functions are named after the result they show."""

from rdclib.tables.table import Column, Interval, Table, Value

__all__ = ["Column", "Interval", "Table", "Value"]
