"""Control charts for many series: speed against a loop in pandas, false alarms and power against slow code.

Run with  python tests/benchmarks/review.py ; it prints three small tables.
"""

import time

import numpy as np
import pandas as pd

from rdclib import spc

SERIES, POINTS = 10_000, 60
LOOPED = 300  # series that the plain loop gets; its time is scaled up


def plain(series):
    """XmR chart with the four rules, written as an analyst would with pandas."""
    y = pd.Series(series)
    mean, sigma = y.mean(), y.diff().abs().mean() / 1.128
    outside = (y - mean).abs() > 3 * sigma
    side = np.sign(y - mean)
    shift = side.rolling(7).sum().abs() == 7
    step = np.sign(y.diff())
    trend = step.rolling(6).sum().abs() == 6
    close = ((y - mean).abs() > 2 * sigma) & ~outside
    two = (close.astype(int).rolling(3).sum() >= 2) & (side.rolling(3).sum().abs() == 3)
    marks = {"outside": outside, "trend": trend, "two_of_three": two, "shift": shift}
    for rule, width in (("trend", 7), ("two_of_three", 3), ("shift", 7)):
        hit = marks[rule]
        marks[rule] = hit[::-1].astype(int).rolling(width, min_periods=1).max()[::-1] > 0
    marks["two_of_three"] &= close
    return pd.DataFrame(marks)


def any_signal(values, **options):
    """Which series show any of the four signals."""
    signals = spc.xmr_many(values, **options).signals
    return np.any([signals[rule].any(axis=1) for rule in spc.RULES], axis=0)


def main():
    """Print the tables."""
    rng = np.random.default_rng(2024)
    values = rng.normal(size=(SERIES, POINTS))
    begin = time.perf_counter()
    charts = spc.xmr_many(values)
    ours = time.perf_counter() - begin
    begin = time.perf_counter()
    looped = [plain(row) for row in values[:LOOPED]]
    loop = (time.perf_counter() - begin) * SERIES / LOOPED
    for rule in spc.RULES:
        assert (np.array([marks[rule] for marks in looped]) == charts.signals[rule][:LOOPED]).all(), rule
    print(f"{SERIES:,} series of {POINTS} points, all four rules")
    print(f"  rdclib.spc.xmr_many   {ours:8.2f} s")
    print(f"  loop in plain pandas  {loop:8.2f} s (from {LOOPED} series)")
    print(f"  ratio                 {loop / ours:8.0f}")

    print("\nStable series that show at least one signal (limits estimated from the series)")
    print("  points   xmr_many   plain pandas")
    for points in (12, 24, 36, 60):
        many = any_signal(rng.normal(size=(SERIES, points))).mean()
        slow = np.mean([plain(row).any(axis=None) for row in rng.normal(size=(400, points))])
        print(f"  {points:6}   {many:8.3f}   {slow:8.3f} ± {1.96 * np.sqrt(slow * (1 - slow) / 400):.3f}")

    print("\nShift after 24 stable points: found within so many points (limits frozen on the 24)")
    print("  sigma      6       12       24")
    for size in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
        found = []
        for after in (6, 12, 24):
            series = rng.normal(size=(4000, 24 + after))
            series[:, 24:] += size
            signals = spc.xmr_many(series, baseline=24).signals
            found.append(np.any([signals[rule][:, 24:].any(axis=1) for rule in spc.RULES], axis=0).mean())
        print(f"  {size:5.1f}" + "".join(f"   {share:6.3f}" for share in found))


if __name__ == "__main__":
    main()
