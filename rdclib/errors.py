"""Errors for people: what happened, and what to do next."""


class RDCError(Exception):
    """A problem that the reader can fix; it prints as two lines.

    Parameters
    ----------
    what : str
        What happened, and where.
    fix : str
        What to do next.
    """

    def __init__(self, what, *, fix):
        super().__init__(what)
        # A message is two lines whatever a city's file put into it.
        self.what = " ".join(str(what).split())
        self.fix = " ".join(str(fix).split())

    def __str__(self):
        return f"{self.what}\n{self.fix}"

    def __reduce__(self):
        return _rebuild, (type(self), self.what, self.fix)


def _rebuild(kind, what, fix):
    """Make an error again after it was sent between processes (keyword arguments do not pickle)."""
    return kind(what, fix=fix)


class EngagementError(RDCError):
    """The engagement's folder, facts or decisions cannot be used."""


class WrongUse(EngagementError):
    """An engagement, period or day that does not exist was typed (exit status 2 instead of 1)."""


class DataFileError(RDCError):
    """A file of the city's cannot be used."""


class CatalogueError(RDCError):
    """A row in data/catalogue cannot be used."""


class ReportError(RDCError):
    """A report cannot be made."""
