"""Editable documents: Word pages and Excel sheets made from the same tables, prose and pictures as the report."""

from rdclib.documents.excel import Workbook
from rdclib.documents.word import word

__all__ = ["Workbook", "word"]
