"""Sentences that show themselves, and the one way in which Markdown becomes HTML."""

from dataclasses import dataclass

from markdown_it import MarkdownIt

from rdclib import formats

# HTML in the text stays text, and nothing is fetched: no images, no links that were not written as links.
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False}).enable("table").disable("image")
)


@dataclass(frozen=True)
class Prose:
    """Markdown with the numbers of a result; a city's words in it went through `formats.text`."""

    text: str

    def __str__(self):
        return self.text

    def __add__(self, other):
        """Put another text below this one, as a paragraph of its own."""
        return Prose("\n\n".join(part for part in (self.text.strip(), str(other).strip()) if part))

    def html(self):
        """Give the text as HTML."""
        return markdown_html(self.text)

    def _repr_mimebundle_(self, include=None, exclude=None):
        # JupyterLab prefers the HTML, where "$1.2 million to $1.5 million" is not read as a formula.
        return {
            "text/html": f'<div class="mathjax_ignore">{self.html()}</div>',
            "text/markdown": self.text,
            "text/plain": self.text,
        }


def bullets(lines):
    """Give lines of Markdown as a list."""
    return Prose("\n".join(f"- {line}" for line in lines))


def late_entries(late, entry):
    """Say what was entered after the day of the report.

    Parameters
    ----------
    late : rdclib.records.Late
    entry : str
        One of them: ``"reading"``.

    Returns
    -------
    list of str
        A sentence or two for what there is.
    """
    lines = []
    if late.counted:
        were = formats.plural(late.counted, f"{entry} was", f"{entry}s were")
        count = "counts" if late.counted == 1 else "count"
        lines.append(f"{were} saved after the day of this report and {count}, since it is about a whole period.")
    if late.left_out:
        were = formats.plural(late.left_out, f"{entry} was", f"{entry}s were")
        them = "it" if late.left_out == 1 else "them"
        lines.append(f"{were} saved after the day of this report and left out. A later day (as_of) shows {them}.")
    return lines


def markdown_html(text):
    """Turn Markdown into HTML in which HTML and images of the source are inert."""
    return _MARKDOWN.render(text)


def markdown_tokens(text):
    """Give the parsed Markdown, for a page that needs its headings."""
    return _MARKDOWN.parse(text)


def render_tokens(tokens):
    """Turn parsed Markdown into HTML."""
    return _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
