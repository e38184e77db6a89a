"""Make the raw files of the three invented example cities: `python tests/examples/make.py [FOLDER]`.

Seeded: the same code gives the same bytes. The city's headings come from its engagement.yaml. What people wrote
(engagement.yaml, choices.yaml, contract_coding.csv, actions.csv, vendor_ratings.csv) and truth.yaml
(the list of what was planted) are kept by hand beside the files made here.
"""

import csv
import sys
from pathlib import Path

import ostermoor
import quillhaven
import riverbend

from rdclib import saved, schemas

ROOT = Path(__file__).resolve().parents[2]
CITIES = {"riverbend": riverbend, "quillhaven": quillhaven, "ostermoor": ostermoor}


def make(folder):
    """Write every city below ``folder``."""
    kinds = {table: schemas.columns(table) for table in schemas.TABLES}
    with (ROOT / "data" / "catalogue" / "questionnaire.csv").open(encoding="utf-8", newline="") as file:
        questions = list(csv.DictReader(file))
    for name, city in CITIES.items():
        files = saved.read_yaml(ROOT / "data" / "examples" / name / "engagement.yaml")["files"]
        columns = {table: dict(entry["columns"]) for table, entry in files.items()}
        city.build(folder / name, kinds, questions, columns)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "data" / "examples")
