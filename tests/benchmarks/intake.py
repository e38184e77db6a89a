"""`rdc check` of a messy register of a million rows, against a plain pandas script and against text columns alone.

Run it by hand:  python tests/benchmarks/intake.py [ROWS].  The file is made anew, the same every time. Every way is a
process of its own, and is taken over a file of ten rows as well, which shows what starting costs. Seconds are the least
of three runs. Memory is the most that a process held, above what it held for ten rows, as a multiple of the file.
"""

import csv
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3
FEW = 10

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


def read_table(path):
    """The library's reader alone: every column found, typed, checked and accounted for."""
    from rdclib.intake import read_table

    intake = read_table([path], "contracts", currency="USD")
    assert intake.rows_read == intake.rows_accepted + intake.rows_set_aside + intake.rows_not_data
    return intake.amounts["current_amount"]["USD"].accepted


def plain(path):
    """The script that an analyst would write for this very file, knowing every column; it checks nothing."""
    import pandas as pd

    frame = pd.read_csv(path, dtype=dict.fromkeys(("Contract Number", "Vendor ID"), str))
    for column in ("Original Amount", "Current Amount"):
        text = frame[column].str.replace(r"[$,]", "", regex=True)
        frame[column] = pd.to_numeric(text.str.replace(r"^\((.*)\)$", r"-\1", regex=True))
    frame["Paid To Date"] = pd.to_numeric(frame["Paid To Date"])
    for column in ("Award Date", "Start Date", "End Date"):
        frame[column] = pd.to_datetime(frame[column], format="%m/%d/%Y")
    return frame["Current Amount"].sum()


def text(path):
    """The file as columns of text, nothing understood."""
    import pyarrow.csv as pc

    table = pc.read_csv(path, convert_options=pc.ConvertOptions(column_types=dict.fromkeys(HEADINGS, "string")))
    return table.num_rows


SCRIPTS = {"read_table alone": read_table, "(a) plain pandas": plain, "(b) pyarrow, text": text}
# All that the command does: columns matched and typed, amounts added up a second time, lines compared, findings,
# vendors, records, every indicator computed, the answer printed. The first run keeps a copy of what it read.
CHECKS = ("rdc check, first", "rdc check, again")


def command(way, path):
    """The command line of a way."""
    if way in CHECKS:
        return [sys.executable, "-m", "rdclib", "check", path.stem, "--json"]
    return [sys.executable, __file__, "--way", way, str(path)]


def measure(way, path):
    """Seconds that pass, seconds of all processors, and the most memory in MB."""
    kept = Path(os.environ["RDC_HOME"], "data", "engagements", path.stem, ".cache")
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    found = []
    for _ in range(RUNS):
        if way == CHECKS[0]:
            shutil.rmtree(kept, ignore_errors=True)
        line = command(way, path)
        begun = time.perf_counter()
        process = os.posix_spawn(line[0], line, os.environ, file_actions=quiet)
        _, status, used = os.wait4(process, 0)
        assert not status, line
        found.append((time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000))
    return tuple(map(min, zip(*found, strict=True)))


def main(rows):
    """Make the files, take every way over both, print one line each."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"RDC_HOME": folder, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
        few, many = Path(folder, "few.csv"), Path(folder, "many.csv")
        for path, count in ((few, FEW), (many, rows)):
            make(path, count)
            for words in (["new", path.stem], ["intake", path.stem, str(path)]):
                os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-m", "rdclib", *words])
        size = many.stat().st_size / 1e6
        found = {way: (measure(way, many), measure(way, few)) for way in (*CHECKS, *SCRIPTS)}
        print(
            f"\n{rows:,} rows, {len(HEADINGS)} columns, {size:.0f} MB. Seconds that pass (seconds of all processors):"
        )
        print(f"{'':20}{'whole':>15}{'to start':>15}{'the rest':>15}{'rest / (a)':>15}{'rest / (b)':>15}  memory")
        rest = {way: [x - y for x, y in zip(*pair, strict=True)] for way, pair in found.items()}
        a, b = rest["(a) plain pandas"], rest["(b) pyarrow, text"]
        for way, (whole, start) in found.items():
            own = rest[way]
            times = [[own[0] / other[0], own[1] / other[1]] for other in (a, b)]
            shown = "".join(f"{pair[0]:8.1f} ({pair[1]:.1f})".rjust(15) for pair in (whole, start, own, *times))
            print(f"{way:20}{shown}  {own[2] / size:.1f} x the file above {start[2]:.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        print(SCRIPTS[sys.argv[2]](Path(sys.argv[3])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
