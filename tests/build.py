"""Records for tests: each row has sensible values for what the test does not name."""

import dataclasses
from itertools import count

import pandas as pd

from rdclib import periods, schemas
from rdclib.engagement import Facts

_LINE = count(2)
AMENDED_COLUMNS = {
    "actions": (
        "action_id",
        "contract_id",
        "meeting_date",
        "topic",
        "finding",
        "action",
        "owner",
        "action_due",
        "status",
        "action_closed",
        "result",
    ),
    "vendor_ratings": (
        "contract_id",
        "vendor_id",
        "vendor_name",
        "period",
        "dimension",
        "level",
        "evidence",
        "vendor_comment",
        "rater",
    ),
}


def contract(contract_id, **values):
    """A contract of the period: awarded, signed and begun in it, and in force at its end."""
    usual = {
        "department": "Parks",
        "vendor_id": "V1",
        "procurement_method": "open",
        "award_date": "2023-08-01",
        "signed_date": "2023-08-15",
        "start_date": "2023-09-01",
        "end_date": "2026-08-31",
        "award_amount": 100_000,
        "status": "active",
    }
    return "contracts", usual | {"contract_id": contract_id} | values


def solicitation(solicitation_id, **values):
    """An open solicitation whose bids were due in the period."""
    usual = {
        "department": "Parks",
        "procurement_method": "open",
        "posted_date": "2023-12-01",
        "bid_deadline": "2024-01-15",
        "solicitation_status": "complete",
    }
    return "solicitations", usual | {"solicitation_id": solicitation_id} | values


def bid(solicitation_id, bidder_id, bid_amount=None, **values):
    """A valid bid that did not win."""
    usual = {"bid_status": "valid", "won": False, "bidder_id": bidder_id, "bid_amount": bid_amount}
    return "bids", usual | {"solicitation_id": solicitation_id} | values


def amendment(contract_id, **values):
    """A change of scope in the period."""
    usual = {"amendment_date": "2024-02-01", "amendment_kind": "scope"}
    return "amendments", usual | {"contract_id": contract_id} | values


def milestone(contract_id, **values):
    """A milestone due in the period."""
    return "milestones", {"contract_id": contract_id, "due_date": "2024-03-01"} | values


def payment(payment_amount, **values):
    """A payment of the period."""
    usual = {"payment_date": "2024-03-01", "vendor_id": "V1", "department": "Parks"}
    return "payments", usual | {"payment_amount": payment_amount} | values


def vendor(vendor_id, **values):
    """A vendor."""
    return "vendors", {"vendor_id": vendor_id, "vendor_name": vendor_id} | values


def contract_vendor(contract_id, vendor_id, **values):
    """One of several vendors of a contract."""
    return "contract_vendors", {"contract_id": contract_id, "vendor_id": vendor_id, "role": "prime"} | values


def observation(metric_id, **values):
    """A metric's value."""
    return "observations", {"metric_id": metric_id} | values


def case(case_id, **values):
    """A case of a vendor."""
    return "cases", {"case_id": case_id, "vendor_id": "V1", "vendor_name": "V1"} | values


def coding(contract_id, **values):
    """What a person read in a key contract."""
    return "coding", {"contract_id": contract_id, "coder": "Ana", "is_key": True} | values


def action(action_id, **values):
    """An action of the log."""
    return "actions", {"action_id": action_id, "status": "done"} | values


def rating(contract_id, **values):
    """A vendor's rating."""
    usual = {"period": "FY2023", "dimension": "quality", "level": "satisfactory"}
    return "vendor_ratings", usual | {"contract_id": contract_id} | values


def records(*rows, period="FY2024", as_of="", fiscal_year_start="07-01", thresholds=(), **facts):
    """Records of an engagement from rows made above.

    Parameters
    ----------
    *rows : tuple of (str, dict)
    period, as_of, fiscal_year_start : str
        The fiscal year runs from July, so FY2024 is July 2023 to June 2024; empty ``as_of`` is its last day.
    thresholds : sequence of dict
    **facts
        Further facts of engagement.yaml.
    """
    from rdclib.records import Records

    chosen = periods.parse(period, fiscal_year_start)
    settings = {"city": "Testville", "fiscal_year_start": fiscal_year_start, "thresholds": list(thresholds)} | facts
    held = {name: _frame(name, schemas.columns(name), rows) for name in schemas.TABLES}
    coding_columns = {name: column.metadata["kind"] for name, column in schemas.CONTRACT_CODING.columns.items()}
    held["coding"] = _frame("coding", coding_columns, rows)
    for name, columns in AMENDED_COLUMNS.items():
        held[name] = _frame(name, dict.fromkeys(columns, "text"), rows)
    held["snapshots"] = held["contracts"].copy()
    held |= {
        "findings": (),
        "intakes": {},
        "facts": Facts.model_validate(settings),
        "period": chosen,
        "as_of": periods.parse_day(as_of) if as_of else chosen.end,
    }
    known = {field.name for field in dataclasses.fields(Records)}
    return Records(**{name: value for name, value in held.items() if name in known})


def _frame(name, kinds, rows):
    """A table as intake gives it: every column, in its type, with the line that it came from."""
    lines = [
        values | {"source_file": f"{name}.csv", "source_row": next(_LINE)} for table, values in rows if table == name
    ]
    for values in lines:
        if unknown := set(values) - set(kinds) - {"source_file", "source_row"}:
            raise KeyError(f"{name} has no column {', '.join(sorted(unknown))}")
    columns = {}
    for column, kind in kinds.items():
        held = [values.get(column) for values in lines]
        dtype = schemas.DTYPES[kind]
        if kind == "date":
            columns[column] = pd.Series(pd.to_datetime(held, format="ISO8601"), dtype=dtype)
        else:
            columns[column] = pd.Series(held, dtype=dtype)
    for column in ("source_file", "source_row"):
        if column not in columns:
            columns[column] = pd.Series(
                [values[column] for values in lines], dtype=schemas.DTYPES["text" if "file" in column else "integer"]
            )
    return pd.DataFrame(columns)
