"""How a notebook begins: the engagement is read, figures and tables show themselves, errors are two lines."""

import sys

from rdclib.engagement import load_engagement
from rdclib.errors import EngagementError, RDCError


def start(engagement_name, *, period="", as_of=""):
    """Begin a notebook: read the engagement for the period.

    Parameters
    ----------
    engagement_name : str
        A folder in data/engagements or data/examples.
    period : str
        Fiscal year or quarter; empty means the one in engagement.yaml.
    as_of : str
        The day that counts as today; empty means the last day of the period.

    Returns
    -------
    rdclib.engagement.Engagement

    Raises
    ------
    EngagementError
        When a parameter is not text, or the engagement cannot be used.
    """
    for name, value in (("engagement_name", engagement_name), ("period", period), ("as_of", as_of)):
        if not isinstance(value, str):
            raise EngagementError(f"{name} is {value!r}, which is not text.", fix=f'Put it in quotes: {name} = "..."')
    _two_line_errors()
    return load_engagement(engagement_name, period=period, as_of=as_of)


def _two_line_errors():
    """Show our errors as their two lines, without a traceback; other errors stay as they are."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    if shell is None:
        return

    def show(shell, kind, error, trace, tb_offset=None):
        shell._showtraceback(kind, error, [str(error)])
        return [str(error)]

    shell.set_custom_exc((RDCError,), show)
