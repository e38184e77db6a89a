"""How dates and amounts are written: day or month first, decimal point or comma, decided a column at a time."""

from rdclib import parsing
from rdclib.intake import headings as heads


class Notation:
    """What a table's columns prove of their notation: a file alone, else all of its family.

    Parameters
    ----------
    kinds : dict of str to str
        Kind of every column.
    date_order, decimal : str
        What the city says, for files that cannot tell.
    """

    def __init__(self, kinds, date_order, decimal):
        self.kinds, self.date_order, self.decimal = kinds, date_order, decimal
        self.orders, self.marks, self.family = {}, {}, {}

    def look(self, block, sure):
        """See how a block's columns write dates and figures; ``sure`` holds those that are recognised."""
        for column, (at, _) in sure.items():
            self.look_at(block, column, block.columns[at])

    def look_at(self, block, column, texts):
        """See how one column of a block writes its dates or figures."""
        kind = self.kinds.get(column)
        if kind == "date":
            seen = self.orders[id(block), column] = parsing.date_evidence(*parsing.tally(texts))
        elif kind in heads.KINDS_OF_FIGURES:
            seen = self.marks[id(block), column] = parsing.decimal_evidence(*parsing.tally(texts))
        else:
            return
        self.family[column] = _sum([seen, self.family.get(column, {})])

    def order_of(self, block, column):
        """How 3/4/2021 is read in a column of a block, and the finding's words when nobody can know."""
        seen = self.orders.get((id(block), column))
        if seen is None:
            return "", ""
        own = parsing.date_order(seen)
        if own or not seen["open"]:
            return own, ""
        if self.date_order:
            return self.date_order, ""
        # The other date columns of the same file, then the same column of the other files of the family.
        beside = _sum(other for (where, _), other in self.orders.items() if where == id(block))
        for evidence in (beside, self.family[column]):
            if found := parsing.date_order(evidence):
                return found, ""
        both = seen["day-first"] and seen["month-first"]
        why = "dates of both orders" if both else "dates in which day and month cannot be told apart"
        return "", f"{why} ({seen['open']} cells read either way)"

    def mark_of(self, block, column, texts=()):
        """The decimal mark of a column of a block, and the finding's words when nobody can know.

        A column that was stacked of several is decided by its own ``texts``.
        """
        seen = self.marks.get((id(block), column))
        if seen is None:
            return parsing.decimal_mark(parsing.decimal_evidence(*parsing.tally(texts))) or ".", ""
        found = parsing.decimal_mark(seen)
        if found:
            return found, ""
        if self.decimal:
            return self.decimal, ""
        beside = _sum(other for (where, _), other in self.marks.items() if where == id(block))
        for evidence in (beside, self.family[column]):
            if (evidence["point"] or evidence["comma"]) and (found := parsing.decimal_mark(evidence)):
                return found, ""
        return "", f"amounts such as 1.234 that may be thousands or a decimal ({seen['open']} cells read either way)"


def _sum(counted):
    total = {}
    for seen in counted:
        for key, count in seen.items():
            total[key] = total.get(key, 0) + count
    return total
