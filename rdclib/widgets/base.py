"""The frame of every form: labelled fields, a Save button, and a line that says who saved when.

Fields are those that a screen reader names and a keyboard reaches: text, numbers, lists, radio buttons, dates. There
are no sliders, whose handles have no name.
"""

import html

import ipywidgets as w
from traitlets import Tuple

from rdclib import formats, saved, style
from rdclib.errors import RDCError

# Labels stand above their fields and may be whole sentences; ipywidgets would cut them off beside the field.
_LOOK = f"""<style>
.rdc-form {{ border: 1px solid {style.RULE}; border-radius: 6px; padding: 12px 16px; max-width: 46rem; }}
.rdc-form p {{ margin: 0.2rem 0; line-height: 1.45; max-width: 44rem; }}
.rdc-form .rdc-title {{ font-size: 1.1rem; font-weight: 700; }}
.rdc-form .rdc-field.widget-inline-hbox {{ flex-flow: column; align-items: stretch; height: auto; width: auto; }}
.rdc-form .rdc-field > .widget-label {{ width: auto; height: auto; text-align: left; white-space: normal;
  overflow: visible; line-height: 1.4 !important; font-weight: 600; }}
.rdc-form .rdc-field.widget-radio {{ width: auto; }}
.rdc-form .rdc-field > select {{ flex: none; height: 2rem; }}
.rdc-form .widget-radio-box {{ max-width: none; width: auto; }}
.rdc-form .widget-radio-box label {{ display: flex; flex-direction: row-reverse; justify-content: flex-end;
  align-items: flex-start; width: auto; height: auto;
  white-space: normal; line-height: 1.4; padding: 2px 0; }}
.rdc-form .widget-radio-box input {{ flex: none; margin: 0.05rem 0.5rem 0 1px; }}
.rdc-form textarea {{ font: inherit; }}
.rdc-form .widget-checkbox {{ height: auto; margin: 1px 2px; }}
.rdc-form .widget-checkbox label {{ white-space: normal; line-height: 1.4; }}
</style>"""

# The name typed in one form is offered by the next.
_last_author = ""


class Form(w.VBox):
    """A form in a notebook; made by `form`."""

    def __init__(self, title, fields, save, *, advice="", saved_by="", saved_at="", at_every_change=False):
        self.fields = dict(fields)
        self._store = save
        self.author = text("Your name", _last_author, placeholder="kept with what you save")
        self.button = w.Button(description="Save", button_style="primary", tooltip=f"Save: {formats.line(title)}")
        self.button.on_click(lambda _: self.save())
        self.status = w.HTML()
        head = f'{_LOOK}<p class="rdc-title">{html.escape(formats.line(title))}</p>'
        head += f"<p>{html.escape(advice)}</p>" if advice else ""
        super().__init__(
            [w.HTML(head), *self.fields.values(), self.author, w.HBox([self.button]), self.status],
            layout=w.Layout(grid_gap="8px"),
        )
        self.add_class("rdc-form")
        self._say(f"Last saved by {saved_by}, {_moment(saved_at)}." if saved_by else "Nothing is saved yet.")
        for field in self.fields.values():
            field.observe(self._save_change if at_every_change else self._unsaved, "value")

    def values(self):
        """Give what the fields hold now, by name."""
        return {name: field.value for name, field in self.fields.items()}

    def save(self):
        """Save what the fields hold and say so, or say in two lines why not."""
        global _last_author
        author = formats.line(self.author.value)
        if not author:
            self._say("Nothing was saved: your name is missing.", "Type your name above, then press Save again.")
            return
        _last_author = author
        try:
            self._store(self.values(), author)
        except RDCError as error:
            self._say(f"Nothing was saved. {error.what}", error.fix)
        else:
            self._say(f"Saved by {author}, {_moment(saved.now())}.", good=True)

    def _save_change(self, _):
        self.save()

    def _unsaved(self, _):
        self._say("Changed, not saved yet.")

    def _say(self, what, fix="", good=False):
        color = style.CONCERN if fix else style.IMPROVEMENT if good else style.MUTED
        lines = "<br>".join(html.escape(formats.line(line)) for line in (what, fix) if line)
        self.status.value = f'<p role="status" style="color: {color}">{lines}</p>'


def form(title, fields, save, *, interactive, advice="", saved_by="", saved_at="", at_every_change=False):
    """Give a form, or nothing in an unattended run.

    Parameters
    ----------
    title : str
    fields : mapping of str to widget
        Made by the functions below; the keys name the values that `save` receives.
    save : callable
        Called with (values by name, author); it writes through `saved` and raises `RDCError` when it must not.
    interactive : bool
        The notebook's parameter; when false, nothing is shown.
    advice : str
        What the advisor should think of while filling it.
    saved_by, saved_at : str
        Of the section of choices.yaml that the form writes.
    at_every_change : bool
        Save whenever a field changes, not only at the button.

    Returns
    -------
    Form or None
    """
    if not interactive:
        return None
    return Form(
        title, fields, save, advice=advice, saved_by=saved_by, saved_at=saved_at, at_every_change=at_every_change
    )


def text(label, value="", placeholder=""):
    """Give a field for one line of text."""
    return _field(w.Text(value=value, placeholder=placeholder, continuous_update=False), label)


def long_text(label, value="", rows=4):
    """Give a field for a paragraph."""
    return _field(w.Textarea(value=value, rows=rows, continuous_update=False), label)


def number(label, value, low, high, step=0.1):
    """Give a field for a number between two bounds."""
    return _field(w.BoundedFloatText(value=value, min=low, max=high, step=step), label)


def integer(label, value, low, high):
    """Give a field for a whole number between two bounds."""
    return _field(w.BoundedIntText(value=value, min=low, max=high), label)


def date(label, value=None):
    """Give a field for a date."""
    return _field(w.DatePicker(value=value), label)


def choice(label, options, value=None):
    """Give a drop-down list; options are words, or (word, value) pairs."""
    return _field(w.Dropdown(options=_options(options), value=value), label)


def radio(label, options, value=None):
    """Give radio buttons, for a few options that the reader should see all at once."""
    return _field(w.RadioButtons(options=_options(options), value=value), label)


class Several(w.VBox):
    """A list of tick boxes; its value is the tuple of ticked values."""

    value = Tuple()

    def __init__(self, label, options, chosen=()):
        pairs = _options(options)
        self._boxes = [
            (given, w.Checkbox(value=given in chosen, description=word, indent=False, layout=w.Layout(width="auto")))
            for word, given in pairs
        ]
        super().__init__([w.HTML(f"<b>{html.escape(formats.line(label))}</b>"), *(box for _, box in self._boxes)])
        self._collect()
        for _, box in self._boxes:
            box.observe(self._collect, "value")

    def _collect(self, _=None):
        self.value = tuple(given for given, box in self._boxes if box.value)


def several(label, options, chosen=()):
    """Give tick boxes; options are words, or (word, value) pairs."""
    return Several(label, options, chosen)


def note(words):
    """Give a paragraph between fields; a city's words in it are shown as they are."""
    return w.HTML(f"<p>{html.escape(formats.line(words))}</p>")


def _field(widget, label):
    widget.description = formats.line(label)
    widget.layout.width = "auto"
    widget.add_class("rdc-field")
    return widget


def _options(options):
    return [(formats.line(o[0]), o[1]) if isinstance(o, tuple) else (formats.line(o), o) for o in options]


def _moment(stamp):
    """Say a stamp of `saved.now` as people read it."""
    return f"{stamp[:10]} {stamp[11:16]} UTC" if stamp else "at an unknown time"
