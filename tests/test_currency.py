"""A city that does not count in dollars reads its own currency everywhere."""

import json

import pytest
from figures.test_reports import pictures

from rdclib import places
from rdclib.figures import Picture
from rdclib.narrative import Prose
from rdclib.tables import Table

pytestmark = pytest.mark.long


@pytest.mark.parametrize("path", sorted(places.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_city_that_counts_in_euros_reads_no_dollar(path):
    shown = pictures(path, "ostermoor", kinds=(Picture, Prose, Table))

    dollars = []
    for one in shown:
        text = (
            one.text
            if isinstance(one, Prose)
            else f"{one.alt} {one.caption}"
            if isinstance(one, Picture)
            else json.dumps([one.caption, *one.texts(), *one.notes], ensure_ascii=False)
        )
        if "$" in text:
            dollars.append(text[max(text.index("$") - 60, 0) : text.index("$") + 40])
    assert any("€" in str(getattr(one, "text", "")) or isinstance(one, Table) for one in shown)
    assert dollars == []
