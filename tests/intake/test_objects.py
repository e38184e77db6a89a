"""JSON as open-data portals give it: objects, rows beside their headings, features of a map, pages of an interface."""

import json

import pytest

from rdclib.errors import DataFileError
from rdclib.intake import read_table

ROWS = [("Acme", "2023-01-13", 10.5), ("Béta", "2023-02-14", 20.25)]
NAMES = ("Vendor Name", "Check Date", "Amount")
OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
HEADINGS = [{"name": name, "dataTypeName": "text"} for name in NAMES]
FORMS = {
    "a list": OBJECTS,
    "a list in an object": {"value": OBJECTS, "count": 2},
    "a list two levels down": {"success": True, "result": {"fields": [{"id": n} for n in NAMES], "records": OBJECTS}},
    "features": {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": o} for o in OBJECTS]},
    "attributes": {
        "fields": [{"name": n, "alias": n} for n in NAMES],
        "features": [{"attributes": o} for o in OBJECTS],
    },
    "rows beside headings": {"columns": list(NAMES), "data": [list(row) for row in ROWS]},
    "rows beside headings and bookkeeping": {
        "meta": {"view": {"columns": [{"name": "sid", "dataTypeName": "meta_data"}, *HEADINGS]}},
        "data": [[f"row-{i}", *row] for i, row in enumerate(ROWS)],
    },
    "rows under a row of headings": [list(NAMES), *map(list, ROWS)],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_every_form_gives_the_same_rows(tmp_path, form, encoding):
    path = tmp_path / "payments.json"
    path.write_bytes(json.dumps(FORMS[form], ensure_ascii=False).encode(encoding))

    intake = read_table(path, "payments", currency="USD")

    assert intake.frame["vendor_name"].tolist() == ["Acme", "Béta"]
    assert intake.frame["payment_date"].dt.strftime("%Y-%m-%d").tolist() == ["2023-01-13", "2023-02-14"]
    assert intake.amounts["payment_amount"]["USD"].accepted == 30.75
    assert intake.unused == ()


def test_moments_in_milliseconds_since_1970(tmp_path):
    # 2021-03-02 00:00 UTC is 18,688 days after 1 January 1970.
    path = tmp_path / "payments.json"
    rows = [{"attributes": {"VENDOR": "Acme", "PAY_DATE": 18_688 * 86_400_000, "AMOUNT": 5}}]
    path.write_text(json.dumps({"features": rows}))

    assert read_table(path, "payments").frame["payment_date"].dt.strftime("%Y-%m-%d").tolist() == ["2021-03-02"]


@pytest.mark.parametrize("document", [{"a": 1}, [], [[]], [[1, 2], [3, 4]], {"a": {"b": {"c": {"d": {"e": [{}]}}}}}, 3])
def test_json_without_rows_of_ours_ends_in_two_lines_or_in_a_table(tmp_path, document):
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(document))

    try:
        read_table(path, "payments")
    except DataFileError as error:
        assert len(str(error).splitlines()) == 2  # noqa: PT017
