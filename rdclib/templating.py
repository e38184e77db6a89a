"""HTML written with templates in which every value is escaped unless it is HTML of our own."""

from functools import cache

import jinja2
from markupsafe import Markup

from rdclib import formats

__all__ = ["Markup", "render"]


def render(template: str, **values: object) -> Markup:
    """Fill a template of ``rdclib/templates``.

    Parameters
    ----------
    template : str
        File name, for example ``table.html``.
    **values
        What the template names. Text is escaped; `Markup` is taken as it is.

    Returns
    -------
    Markup

    Raises
    ------
    jinja2.UndefinedError
        When the template names a value that was not given.
    """
    return Markup(_environment().get_template(template).render(values))


@cache
def _environment():
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rdclib"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    # A city's text on one line, without characters that cannot be seen.
    environment.filters["line"] = lambda text: text if isinstance(text, Markup) else formats.line(text)
    return environment
