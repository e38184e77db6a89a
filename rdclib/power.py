"""How long until a real change is seen: periods of new data against a known baseline, at a given power."""

import bisect

import numpy as np

ALPHA = 0.05  # two-sided
POWER = 0.8
LONGEST = 240  # periods; beyond this nobody waits


def periods_to_detect_proportion(before, after, *, baseline_n, n_per_period, power=POWER, alpha=ALPHA):
    """Periods until a change of a proportion is seen.

    Parameters
    ----------
    before, after : float
        Proportions, 0 to 1.
    baseline_n : float
        Cases behind the baseline.
    n_per_period : float
        Cases in each new period.
    power, alpha : float
        Chance of seeing the change, and of seeing one that is not there (two-sided).

    Returns
    -------
    float
        Whole periods; inf when even ``LONGEST`` periods are not enough against this baseline; nan when nothing can be
        said (no change, or no cases).

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, chapter 6 (effect size h).
    """
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    if not (0 <= before <= 1 and 0 <= after <= 1) or before == after or not (baseline_n > 0 and n_per_period > 0):
        return float("nan")
    effect = abs(proportion_effectsize(after, before))

    def reached(periods):
        new = periods * n_per_period
        return NormalIndPower().power(effect, new, alpha, ratio=baseline_n / new)

    return _first(reached, power)


def periods_to_detect_rate(before, after, *, baseline_exposure, exposure_per_period, power=POWER, alpha=ALPHA):
    """Periods until a change of a rate of events (events over exposure) is seen.

    Parameters
    ----------
    before, after : float
        Events for each unit of exposure.
    baseline_exposure, exposure_per_period : float
        Exposure behind the baseline, and in each new period.

    Returns
    -------
    float
        As `periods_to_detect_proportion`.

    Notes
    -----
    Square roots of Poisson counts have a standard deviation of one half, so the difference of root rates is near
    normal.

    References
    ----------
    Anscombe (1948), The transformation of Poisson, binomial and negative-binomial data, Biometrika 35, 246-254.
    """
    from statsmodels.stats.power import NormalIndPower

    if not (before >= 0 and after >= 0) or before == after or not (baseline_exposure > 0 and exposure_per_period > 0):
        return float("nan")
    effect = abs(2 * (np.sqrt(after) - np.sqrt(before)))

    def reached(periods):
        new = periods * exposure_per_period
        return NormalIndPower().power(effect, new, alpha, ratio=baseline_exposure / new)

    return _first(reached, power)


def periods_to_detect_mean(before, after, *, spread, baseline_n, power=POWER, alpha=ALPHA):
    """Periods until a change of the mean of a series, one value a period, is seen.

    Parameters
    ----------
    before, after : float
        Means, in the series' unit.
    spread : float
        Standard deviation of one value, in the same unit.
    baseline_n : int
        Values behind the baseline.

    Returns
    -------
    float
        As `periods_to_detect_proportion`; at least 2.

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, chapter 2 (effect size d).
    """
    from statsmodels.stats.power import TTestIndPower

    if before == after or not spread > 0 or not baseline_n >= 2:
        return float("nan")

    def reached(periods):
        return TTestIndPower().power(abs(after - before) / spread, periods, alpha, ratio=baseline_n / periods)

    return _first(reached, power, shortest=2)


def _first(reached, power, shortest=1):
    """Find the first number of periods with enough power; more periods never have less."""
    candidates = range(shortest, LONGEST + 1)
    position = bisect.bisect_left(candidates, power, key=reached)
    return float(candidates[position]) if position < len(candidates) else float("inf")
