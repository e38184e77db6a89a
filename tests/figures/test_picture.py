"""A figure brings its words, draws the same bytes each time, and does not read a city's names as formulas."""

import base64

import pytest
from lxml import html

from figures import legible
from rdclib import style
from rdclib.figures import Picture, picture

HOSTILE = 'Acme <script>alert(1)</script> $\\frac{1}{0}$ "quoted"'


def draw(name=HOSTILE):
    labels = [picture.wrap(name), "Fire"]
    figure, axes = picture.canvas(2, left=picture.label_margin(labels))
    picture.bars(axes, labels, [3, None], ["3", "–"], colors=[style.CONCERN, style.DATA], hatches=["////", ""])
    return Picture(figure, f"{name} has three contracts.", f"Contracts of {name}.", "contracts")


def test_the_bundle_holds_image_words_and_one_piece_for_jupyterlab():
    data, words = draw()._repr_mimebundle_()

    assert words["image/svg+xml"] == words["image/png"]
    assert words["image/png"] == {
        "alt": f"{HOSTILE} has three contracts.",
        "caption": f"Contracts of {HOSTILE}.",
        "id": "contracts",
        "wide": False,
    }
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    shown = html.fromstring(data["text/html"])
    assert shown.xpath("//img/@alt") == [f"{HOSTILE} has three contracts."]
    assert shown.xpath("//figcaption/text()") == [f"Contracts of {HOSTILE}."]
    assert not shown.xpath("//script")


@pytest.mark.parametrize(("rows", "columns", "wide"), [(1, 1, False), (3, 1, False), (1, 2, True), (3, 2, True)])
def test_only_panels_beside_each_other_make_a_figure_wide(rows, columns, wide):
    figure, _ = picture.canvas(4, rows=rows, columns=columns)

    assert Picture(figure, "Alt.", "Caption.", "one").wide == wide


def test_two_drawings_are_the_same_bytes():
    assert (draw().svg, draw().png) == (draw().svg, draw().png)


def test_the_drawing_carries_no_text_that_another_machine_would_draw_in_another_font():
    assert "<text" not in draw().svg


def test_a_letter_that_no_font_has_gives_no_warning(recwarn):
    draw("日本 Consulting 😀").png  # noqa: B018

    assert [str(w.message) for w in recwarn] == []


def test_the_drawing_is_made_smaller_and_stays_the_same():
    marks = '<use xlink:href="#m1a" x="1.23456" y="-2" style="fill: #56616d"/>' * 2
    other = '<use xlink:href="#m2b" x="1" style="fill: red"/><use xlink:href="#m2b" x="2" style="fill: blue"/>'
    text = '<text x="1.23456">1.23456 &lt;!-- a name --&gt;</text><g transform="scale(0.015625 -0.085)">\n  </g>'
    svg = (
        "<svg>\n<metadata><a/></metadata><!-- 0% -->"
        '<path id="m1a" d="M 0 1.2345 \nL 2 -0.001 \nz\n" style="stroke: red"/>'
        f'<path id="m2b" d="M 0 0" style="stroke: red"/>{marks}{other}{text}</svg>'
    )
    svg = svg.replace("</svg>", '<g id="text_1"><use xlink:href="#S-13" transform="translate(63.625 0)"/></g></svg>')
    assert picture._slim(svg) == (
        '<svg><path id="m1a" d="M 0 1.23 L 2 -0 z" style="fill: #56616d"/>'
        '<path id="m2b" d="M 0 0" style="stroke: red"/>'
        + '<use xlink:href="#m1a" x="1.23" y="-2"/>' * 2
        + other
        + '<text x="1.23">1.23456 &lt;!-- a name --&gt;</text><g transform="scale(0.015625 -0.085)"></g>'
        + '<g><use xlink:href="#S-13" x="63.625"/></g></svg>'
    )


def test_long_names_are_wrapped_and_end_in_an_ellipsis():
    wrapped = picture.wrap("Department of Homeless Services and Supportive Housing Programs", width=24, lines=2)

    assert wrapped == "Department of Homeless\nServices and Supportive…"


def test_a_name_without_spaces_is_wrapped_too():
    assert max(len(line) for line in picture.wrap("x" * 100, width=24).split("\n")) <= 24


def test_labels_and_words_fit_into_the_drawing():
    assert legible.faults(draw("Department of Homeless Services and Supportive Housing")) == []


def test_margins_are_inches():
    figure, axes = picture.canvas(4, left=1.5, right=0.5, top=0.4, bottom=0.6)
    box = axes.get_position()

    assert (round(box.x0 * style.WIDTH, 6), round((1 - box.x1) * style.WIDTH, 6)) == (1.5, 0.5)
    assert (round(box.y0 * 4, 6), round((1 - box.y1) * 4, 6)) == (0.6, 0.4)
    assert figure.get_layout_engine() is None


def test_bars_show_missing_values_in_words_only():
    _figure, axes = picture.canvas(2)
    picture.bars(axes, ["a", "b"], [float("nan"), 2], ["–", "2"])

    assert [bar.get_width() for bar in axes.patches] == [0, 2]
    assert [text.get_text() for text in axes.texts] == ["–", "2"]


def test_the_measured_width_is_the_drawn_width():
    words = "Department of Homeless Services"
    figure, axes = picture.canvas(2)
    drawn = axes.text(0, 0.5, words).get_window_extent().width / figure.dpi

    assert abs(picture.text_width(words) - drawn) < 0.05
    assert picture.text_width(f"a\n{words}\nb") == picture.text_width(words)
    assert picture.text_width("") == 0


@pytest.mark.parametrize("heights", [(5, 5.01), (5, 5), (5, 5.01, 5.02), (0, 10)])
def test_words_at_the_ends_of_lines_are_moved_apart_and_keep_their_order(heights):
    figure, axes = picture.canvas(2, right=1)
    axes.set_ylim(0, 10)
    picture.end_labels(axes, [(height, f"label {i}", style.INK) for i, height in enumerate(heights)])

    assert legible.faults(Picture(figure, "alt", "caption", "one")) == []
    placed = [text.xy[1] for text in axes.texts]
    assert placed == sorted(placed)
    assert sum(placed) / len(placed) == pytest.approx(sum(heights) / len(heights))
    assert [text.get_text() for text in axes.texts] == [f"label {i}" for i in range(len(heights))]
