"""Sentences: Markdown for the page, HTML for JupyterLab, nothing live in either."""

from lxml import html

from rdclib import formats
from rdclib.narrative.prose import Prose, bullets, markdown_html


def test_prose_shows_itself_as_html_and_markdown():
    shown = Prose("Rate: **23%** ($1.2 million to $1.5 million).")._repr_mimebundle_()

    assert shown["text/markdown"] == "Rate: **23%** ($1.2 million to $1.5 million)."
    assert shown["text/html"] == (
        '<div class="mathjax_ignore"><p>Rate: <strong>23%</strong> ($1.2 million to $1.5 million).</p>\n</div>'
    )


def test_html_and_images_in_markdown_are_inert():
    page = html.fromstring(
        f"<div>{markdown_html('<b>x</b> ![i](http://e/x.png) [j](javascript:alert(1)) <img src=x onerror=a>')}</div>"
    )

    assert [e.tag for e in page.iter()] == ["div", "p", "a"]
    assert page.xpath("//a/@href") == ["http://e/x.png"]


def test_adding_prose_makes_paragraphs():
    assert str(Prose("One.") + Prose("") + "Two.") == "One.\n\nTwo."


def test_a_list_of_hostile_names_is_a_list_of_exactly_these_names():
    names = ["[a](http://e)", "1. b", "- c\n- d"]

    page = html.fromstring(f"<div>{bullets(formats.text(name) for name in names).html()}</div>")

    assert [item.text_content() for item in page.xpath("//li")] == ["[a](http://e)", "1. b", "- c - d"]
