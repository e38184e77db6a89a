"""Reading a mapping into a declared model, with errors that a non-programmer can act on."""

import difflib
import types
import typing

from pydantic import BaseModel, ConfigDict, ValidationError

from rdclib.errors import EngagementError


class Strict(BaseModel):
    """A model whose unknown keys are errors and whose values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


_NUMBER = "Write digits, with a point before decimals and no other character: 1500 or 0.5, not 1,500 or 50%."
_WHOLE = "Write a whole number, for example 12."
_DAY = "Write a day of the calendar as year-month-day, for example 2024-06-30."
_LIST = "Write a list below it: one entry a line, each with a hyphen and a space in front."
_GROUP = "Write its keys below it, two spaces further in."
# pydantic's words are for programmers.
_REASONS = {
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _NUMBER),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), _WHOLE),
    **dict.fromkeys(("date_parsing", "date_type", "date_from_datetime_parsing"), _DAY),
    **dict.fromkeys(("tuple_type", "list_type"), _LIST),
    **dict.fromkeys(("model_type", "dict_type"), _GROUP),
    **dict.fromkeys(("bool_parsing", "bool_type"), "Write true or false."),
    "string_type": "Write one text in its place.",
}


def read(model, data, file):
    """Read a mapping of text into a model; empty values count as not given.

    Parameters
    ----------
    model : type of Strict
    data : mapping
        As `rdclib.saved.read_yaml` gives it.
    file : str
        The file's name, for the message.

    Raises
    ------
    EngagementError
        At the first key that is unknown (the nearest known one is named), missing or of the wrong kind.
    """
    try:
        return model.model_validate(_without_blanks(data))
    except ValidationError as error:
        raise _told(error.errors()[0], model, file, count=error.error_count()) from None


def _without_blanks(data):
    if isinstance(data, dict):
        return {str(key): _without_blanks(value) for key, value in data.items() if value is not None and value != ""}
    if isinstance(data, list):
        return [_without_blanks(value) for value in data if value is not None and value != ""]
    return str(data) if isinstance(data, str) else data


def _told(error, model, file, *, count):
    where = " > ".join(str(part + 1) if isinstance(part, int) else str(part) for part in error["loc"])
    more = f" ({count - 1} more to fix after this one.)" if count > 1 else ""
    if error["type"] == "extra_forbidden":
        known = list(_model_at(model, error["loc"][:-1]).model_fields)
        nearest = difflib.get_close_matches(str(error["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"Did you mean '{nearest[0]}'? " if nearest else ""
        return EngagementError(
            f"{file} has an unknown key: {where}.", fix=f"{hint}Known keys: {', '.join(known)}.{more}"
        )
    if error["type"] == "missing":
        return EngagementError(f"{file} lacks a value: {where}.", fix=f"Add the line  {error['loc'][-1]}: ...{more}")
    given = error["input"]
    what = f"is '{str(given)[:80]}'" if isinstance(given, str | int | float | bool) else "cannot be used"
    reason = (
        _REASONS.get(error["type"])
        or error["msg"].removeprefix("Value error, ").replace("Input should", "It should") + "."
    )
    if error["type"] == "literal_error":
        reason = f"Write one of: {error['ctx']['expected']}."
    return EngagementError(f"{file}: {where} {what}.", fix=f"{reason[0].upper()}{reason[1:]}{more}")


def _model_at(kind, loc):
    """The model that a path of keys and positions leads to."""
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        kind = next(option for option in typing.get_args(kind) if option is not type(None))
    if not loc:
        return kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _model_at(kind.model_fields[loc[0]].annotation, loc[1:])
    items = typing.get_args(kind)
    return _model_at(items[0] if typing.get_origin(kind) is tuple else items[-1], loc[1:])
