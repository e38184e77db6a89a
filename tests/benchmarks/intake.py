"""Reading a messy register of a million rows: ours against a plain pandas script, and against text columns alone.

Run it by hand:  python tests/benchmarks/intake.py [ROWS].  Each way runs in a process of its own, and gives its time
and the most memory that it held; the file is made anew, the same every time.
"""

import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEADINGS = [
    "Contract Number",
    "PO Title",
    "Department",
    "Vendor ID",
    "Vendor Name",
    "Procurement Method",
    "Award Date",
    "Start Date",
    "End Date",
    "Original Amount",
    "Current Amount",
    "Paid To Date",
    "Status",
    "Funding Source",
]


def make(path, rows, seed=20240630):
    """Write a register as a finance system exports it: signs and commas in amounts, blanks, padding, late totals."""
    rng = random.Random(seed)
    vendors = [f"{a} {b}, {c}" for a in NAMES for b in TRADES for c in ("Inc.", "LLC", "Co")]
    methods = ("Open", "RFP", "Sole Source", "Quotes", "Invitation to Bid", "")
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADINGS)
        for i in range(rows):
            vendor = rng.randrange(len(vendors))
            amount = rng.lognormvariate(10.5, 1.6)
            month, day, year = rng.randint(1, 12), rng.randint(1, 28), rng.randint(2008, 2024)
            writer.writerow(
                (
                    f"{i:07d}",
                    f"{rng.choice(TRADES)} for {rng.choice(DEPARTMENTS)} no. {i % 997}",
                    rng.choice(DEPARTMENTS) + (" " if i % 50 == 0 else ""),
                    f"V{vendor:05d}",
                    vendors[vendor],
                    rng.choice(methods),
                    f"{month:02d}/{day:02d}/{year}",
                    f"{month:02d}/{min(day + 3, 28):02d}/{year}",
                    "" if i % 40 == 0 else f"{month:02d}/{day:02d}/{year + rng.randint(1, 5)}",
                    f"${amount:,.2f}",
                    f"(${amount / 9:,.2f})" if i % 200 == 0 else f"${amount * 1.1:,.2f}",
                    "N/A" if i % 30 == 0 else f"{amount * 0.4:.2f}",
                    rng.choice(("Active", "Closed", "Pending")),
                    rng.choice(("General fund", "Grant", "Utility", "")),
                )
            )


NAMES = [
    f"{a}{b}" for a in ("Ash", "Birk", "Cor", "Dun", "Elm", "Far", "Gar", "Hol") for b in ("ley", "ton", "wick", "ford")
]
TRADES = ("Paving", "Builders", "Advisors", "Software", "Mowing", "Catering", "Security", "Testing", "Design", "Supply")
DEPARTMENTS = ("Public Works", "Parks", "Police", "Library", "Water", "Finance", "Health", "Fleet", "Housing", "Fire")


def ours(path):
    """What `rdc check` does with the file."""
    from rdclib.intake import read_table

    begun = time.perf_counter()
    intake = read_table([path], "contracts", currency="USD")
    taken = time.perf_counter() - begun
    assert intake.rows_read == intake.rows_accepted + intake.rows_set_aside + intake.rows_not_data
    return taken, intake.amounts["current_amount"]["USD"].accepted


def plain(path):
    """The script that an analyst would write for this very file, knowing every column."""
    import pandas as pd

    begun = time.perf_counter()
    frame = pd.read_csv(path, dtype=dict.fromkeys(("Contract Number", "Vendor ID"), str))
    for column in ("Original Amount", "Current Amount"):
        text = frame[column].str.replace(r"[$,]", "", regex=True)
        frame[column] = pd.to_numeric(text.str.replace(r"^\((.*)\)$", r"-\1", regex=True))
    frame["Paid To Date"] = pd.to_numeric(frame["Paid To Date"])
    for column in ("Award Date", "Start Date", "End Date"):
        frame[column] = pd.to_datetime(frame[column], format="%m/%d/%Y")
    return time.perf_counter() - begun, frame["Current Amount"].sum()


def text(path):
    """The file as columns of text, nothing understood."""
    import pyarrow.csv as pc

    begun = time.perf_counter()
    table = pc.read_csv(path, convert_options=pc.ConvertOptions(column_types=dict.fromkeys(HEADINGS, "string")))
    return time.perf_counter() - begun, table.num_rows


WAYS = {"ours": ours, "plain pandas": plain, "pyarrow text": text}


def main(rows):
    """Make the file, run each way in its own process, print one line each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.csv"
        make(path, rows)
        size = path.stat().st_size / 1e6
        print(f"{rows:,} rows, {len(HEADINGS)} columns, {size:.0f} MB")
        for way in WAYS:
            run = subprocess.run(
                [sys.executable, __file__, "--way", way, str(path)], capture_output=True, text=True, check=True
            )
            seconds, computing, result, idle, peak = json.loads(run.stdout)
            times = (peak - idle) / size
            print(
                f"{way:14} {seconds:6.1f} s ({computing:.1f} s of processor)   "
                f"{times:.1f} x the file above {idle:.0f} MB idle   {result:,.2f}"
            )


def _memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        import pandas as pd  # noqa: F401
        import pyarrow.csv  # noqa: F401

        if sys.argv[2] == "ours":
            import rdclib.intake  # noqa: F401
        before = _memory()
        begun = time.process_time()
        seconds, result = WAYS[sys.argv[2]](Path(sys.argv[3]))
        print(json.dumps([seconds, time.process_time() - begun, float(result), before, _memory()]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
