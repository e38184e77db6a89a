"""The frame of every form: labelled fields, a Save button, and a line that says who saved when.

Fields are those that a screen reader names and a keyboard reaches: text, numbers, lists, radio buttons, dates. There
are no sliders, whose handles have no name, and no number fields of the browser's, which make 15 of 1,5.
"""

import datetime
import html
import re
import weakref

import ipywidgets as w
from traitlets import CUnicode, Tuple

from rdclib import formats, saved, style
from rdclib.errors import EngagementError, RDCError

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

# The name typed in one form is offered by the others: those to come, and those on the screen that have none yet.
_last_author = ""
_shown = weakref.WeakSet()

# Whoever types 24 for the year means 2024; a date field keeps the year 24.
_YEARS = range(1950, 2101)
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")


class Form(w.VBox):
    """A form in a notebook; made by `form`."""

    def __init__(self, title, fields, save, *, advice="", saved_by="", saved_at="", at_every_change=False, shows=None):
        self.fields = dict(fields)
        self._store = save
        self._chooser, self._known = shows or ("", None)
        self._changed = self._showing = self._kept = False
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
        _shown.add(self)
        self._say(
            f"Last saved by {saved_by}, {_moment(saved_at)}."
            if saved_by
            else "Save keeps what stands here, under your name."
        )
        for name, field in self.fields.items():
            if name != self._chooser:
                field.observe(self._save_change if at_every_change else self._unsaved, "value")
        if self._chooser:
            self._show()
            self.fields[self._chooser].observe(self._show, "value")

    def values(self):
        """Give what the fields hold now, by name.

        Raises
        ------
        EngagementError
            When a number or a day cannot be read without doubt.
        """
        return {name: _held(field) for name, field in self.fields.items()}

    def save(self):
        """Save what the fields hold and say so, or say in two lines why not."""
        global _last_author
        author = formats.line(self.author.value)
        if not author:
            self._say("Nothing was saved: your name is missing.", "Type your name above, then press Save again.")
            return
        if self._chooser and self._kept:  # the second half of a double click: the form is empty or as it was saved
            return
        _last_author = author
        for other in _shown:
            other.author.value = other.author.value or author
        try:
            self._store(self.values(), author)
        except RDCError as error:
            self._say(f"Nothing was saved. {error.what}", error.fix)
        except Exception as error:
            # JupyterLab would only log it, and the form would look as if Save did nothing.
            self._say(
                f"It could not be saved, by a mistake of ours: {type(error).__name__}: {error}",
                "Tell whoever looks after the suite; what was saved before is whole.",
            )
            raise
        else:
            self._changed = False
            if self._chooser:
                self._show()
            self._kept = True
            self._say(f"Saved by {author}, {_moment(saved.now())}.", good=True)

    def _save_change(self, _):
        self.save()

    def _unsaved(self, _):
        if not self._showing:
            self._changed, self._kept = True, False
            self._say("Changed, not saved yet.")

    def _show(self, change=None):
        """Show what is known of what was chosen; looking at it is no change."""
        lost, self._showing = self._changed, True
        try:
            for name, value in self._known(self.fields[self._chooser].value, formats.line(self.author.value)).items():
                self.fields[name].value = value
        except RDCError as error:
            self._say(error.what, error.fix)
        else:
            if change and lost:
                self._say("What you had changed before was not saved.", "Choose it again, change it and press Save.")
            elif change:
                self._say("Save keeps what stands here, under your name.")
        finally:
            self._changed = self._showing = self._kept = False

    def _say(self, what, fix="", good=False):
        color = style.CONCERN if fix else style.IMPROVEMENT if good else style.MUTED
        lines = "<br>".join(html.escape(formats.line(line)) for line in (what, fix) if line)
        self.status.value = f'<p role="status" style="color: {color}">{lines}</p>'


def form(title, fields, save, *, interactive, advice="", saved_by="", saved_at="", at_every_change=False, shows=None):
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
    shows : (str, callable), optional
        Name of the field in which one of several entries is chosen, and what gives, for the value chosen there and
        the name typed so far, the values that other fields show: at the start, at each choice, and once it is saved.

    Returns
    -------
    Form or None
    """
    if not interactive:
        return None
    return Form(
        title,
        fields,
        save,
        advice=advice,
        saved_by=saved_by,
        saved_at=saved_at,
        at_every_change=at_every_change,
        shows=shows,
    )


def text(label, value="", placeholder=""):
    """Give a field for one line of text."""
    return _field(w.Text(value=value, placeholder=placeholder, continuous_update=False), label)


def long_text(label, value="", rows=4):
    """Give a field for a paragraph."""
    return _field(w.Textarea(value=value, rows=rows, continuous_update=False), label)


class Number(w.Text):
    """A field for a number; what is typed stays as it is until it is saved, and is refused then when it is none."""

    value = CUnicode("").tag(sync=True)

    def __init__(self, value, low, high, whole=False):
        super().__init__(value=plain(value), continuous_update=False)
        self._range, self._whole = (low, high), whole

    def read(self):
        """Give the number.

        Raises
        ------
        EngagementError
            When it is empty, no number, or out of its range.
        """
        return read_number(self.value, self.description, *self._range, whole=self._whole)


def number(label, value, low, high):
    """Give a field for a number between two bounds."""
    return _field(Number(value, low, high), label)


def integer(label, value, low, high):
    """Give a field for a whole number between two bounds."""
    return _field(Number(value, low, high, whole=True), label)


def read_number(words, label, low=-1e12, high=1e12, *, whole=False):
    """Read a number that a person typed, and nothing that could be meant in two ways.

    Parameters
    ----------
    words : str
    label : str
        What it is, for the message.
    low, high : float
        Bounds, both allowed.
    whole : bool
        A number without decimals is wanted.

    Returns
    -------
    float, or int when ``whole``

    Raises
    ------
    EngagementError
        When it is no number, or out of its range.
    """
    words = formats.line(words)
    wanted = f"{'a whole number' if whole else 'a number'} from {plain(low)} to {plain(high)}"
    if not words:
        raise EngagementError(f"Empty: {label}.", fix=f"Give {wanted}.")
    if not _NUMBER.fullmatch(words):
        raise EngagementError(
            f"'{words[:40]}' cannot be read as a number: {label}.",
            fix="Write digits, with a point before decimals and no other character: "
            "1500 or 0.5, not 1,500 or 0,5 or 50%.",
        )
    value = float(words)
    if not low <= value <= high or (whole and not value.is_integer()):
        raise EngagementError(f"{words[:40]} does not fit: {label}.", fix=f"Give {wanted}.")
    return int(value) if whole else value


def plain(value):
    """A number as a person types it; nothing for none."""
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def date(label, value=None):
    """Give a field for a date."""
    return _field(w.DatePicker(value=value), label)


def choice(label, options, value=None):
    """Give a drop-down list; options are words, or (word, value) pairs."""
    return _field(w.Dropdown(options=options_of(options), value=value), label)


def radio(label, options, value=None):
    """Give radio buttons, for a few options that the reader should see all at once."""
    return _field(w.RadioButtons(options=options_of(options), value=value), label)


class Several(w.VBox):
    """A list of tick boxes; its value is the tuple of ticked values."""

    value = Tuple()

    def __init__(self, label, options, chosen=()):
        pairs = options_of(options)
        self._boxes = [
            (given, w.Checkbox(value=given in chosen, description=word, indent=False, layout=w.Layout(width="auto")))
            for word, given in pairs
        ]
        super().__init__([w.HTML(f"<b>{html.escape(formats.line(label))}</b>"), *(box for _, box in self._boxes)])
        if not self._boxes:
            self.layout.display = "none"
        self._collect()
        for _, box in self._boxes:
            box.observe(self._collect, "value")

    def _collect(self, _=None):
        self.value = tuple(given for given, box in self._boxes if box.value)


def several(label, options, chosen=()):
    """Give tick boxes; options are words, or (word, value) pairs."""
    return Several(label, options, chosen)


def note(*paragraphs):
    """Give paragraphs between fields; a city's words in them are shown as they are."""
    return w.HTML("".join(f"<p>{html.escape(formats.line(words))}</p>" for words in paragraphs))


def _held(field):
    if isinstance(field, Number):
        return field.read()
    if isinstance(field.value, datetime.date) and field.value.year not in _YEARS:
        raise EngagementError(
            f"The year {field.value.year} is out of reach: {field.description}.",
            fix=f"Write the year with four digits, from {_YEARS[0]} to {_YEARS[-1]}.",
        )
    return field.value


def _field(widget, label):
    widget.description = formats.line(label)
    widget.layout.width = "auto"
    widget.add_class("rdc-field")
    return widget


def options_of(options):
    """Options as a list takes them, each label on one line; options are words, or (word, value) pairs."""
    return [(formats.line(o[0]), o[1]) if isinstance(o, tuple) else (formats.line(o), o) for o in options]


def _moment(stamp):
    """Say a stamp of `saved.now` as people read it."""
    return f"{stamp[:10]} {stamp[11:16]} UTC" if stamp else "at an unknown time"
