"""Interrupted time series: the level and slope of a series before and after a change.

References
----------
Lopez Bernal, Cummins, Gasparrini, Interrupted time series regression for the evaluation of public health
interventions, Int. J. Epidemiology 46 (2017).
Turner et al., Evaluation of statistical methods used in the analysis of interrupted time series studies, BMC Medical
Research Methodology 21 (2021): intervals are usually too narrow.
Newey and West, A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent covariance matrix,
Econometrica 55 (1987).
Harville, Maximum likelihood approaches to variance component estimation and to related problems, JASA 72 (1977):
the restricted likelihood, which does not understate autocorrelation in short series as residuals do.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# Fewer points than this on either side give no answer; fewer than the second only an exploratory one.
LEAST_POINTS = 3
FIRM_POINTS = 8
# Two pairs of sine and cosine follow most seasons (Lopez Bernal et al. 2017); they need two whole seasons.
HARMONICS = 2
SEASONS_NEEDED = 2
# Autocorrelations that a fit is averaged over, each as likely as the others before the data are seen.
AUTOCORRELATIONS = np.linspace(0.0, 0.95, 20)


@dataclass(frozen=True)
class Effect:
    """What the change made of the series some time after it.

    Parameters
    ----------
    h : float
        Periods since the first point after the change.
    value, low, high : float
        Difference to the old level and slope carried on, with its 95% interval; for ``poisson`` the log of the rate
        ratio. nan when it cannot be told, and `note` says why.
    ratio, ratio_low, ratio_high : float
        The rate ratio of a ``poisson`` fit; nan else.
    note : str
    """

    h: float
    value: float
    low: float
    high: float
    ratio: float = np.nan
    ratio_low: float = np.nan
    ratio_high: float = np.nan
    note: str = ""


@dataclass(frozen=True, eq=False)
class Its:
    """A segmented regression.

    Parameters
    ----------
    level : float
        Jump at the first point after the change; for ``poisson`` on the log scale.
    slope : float
        Change of the slope per period.
    table : DataFrame
        Indexed by term (``intercept``, ``time``, ``level``, ``slope``, ``sin1``...): ``estimate``, ``se``, ``low``,
        ``high`` (95%), and for ``poisson`` ``ratio``, ``ratio_low``, ``ratio_high``.
    family : str
    n_before, n_after : int
        Points with a value.
    horizon : float
        Periods observed since the change: `effect_at` answers up to here.
    fitted, counterfactual : ndarray
        The fitted series, and what it would be without level and slope change; in the unit of ``values``.
    dispersion : float
        Residual variance (``gaussian``), or Pearson χ² over its degrees of freedom (``poisson``).
    autocorrelation : float
        Of the residuals, as the data weigh it; nan where the fit does not allow for it.
    spread : float
        How far one period typically is from the fitted line, on the scale of ``level``.
    note : str
    """

    level: float
    slope: float
    table: pd.DataFrame
    family: str
    n_before: int
    n_after: int
    horizon: float
    fitted: np.ndarray
    counterfactual: np.ndarray
    dispersion: float
    autocorrelation: float
    spread: float
    note: str
    _covariance: np.ndarray
    _quantile: float

    def effect_at(self, h):
        """Level + slope · h, with its 95% interval.

        Parameters
        ----------
        h : float
            Periods since the change; 0 is the first point after it.

        Returns
        -------
        Effect
            Without a value when nothing was fitted, or h lies beyond the periods observed since the change.
        """
        if np.isnan(self.level):
            return Effect(h, np.nan, np.nan, np.nan, note=self.note)
        if not 0 <= h <= self.horizon:
            said = f"{self.horizon:g} periods were observed since the change: nothing can be said about {h:g}."
            return Effect(h, np.nan, np.nan, np.nan, note=said)
        return self._effect(h, 1.0, h)

    def change_of_effect(self, first, last):
        """How much the effect changes between two times after the change, with its 95% interval.

        Parameters
        ----------
        first, last : float
            Periods since the change, as for `effect_at`.

        Returns
        -------
        Effect
            At ``last``: the effect there less the effect at ``first``.
        """
        ends = [self.effect_at(h) for h in (first, last)]
        silent = next((e for e in ends if np.isnan(e.value)), None)
        return self._effect(last, 0.0, last - first) if silent is None else silent

    def _effect(self, h, level, slope):
        """A combination of level and slope change, with its interval."""
        at = np.array([level, slope])
        value = float(at @ np.array([self.level, self.slope]))
        reach = self._quantile * float(np.sqrt(at @ self._covariance @ at))
        low, high = value - reach, value + reach
        if self.family == "gaussian":
            return Effect(h, value, low, high)
        return Effect(h, value, low, high, *(float(x) for x in np.exp([value, low, high])))


def segmented(
    values, start, *, exposure=None, family="gaussian", season=None, lag=None, slope=True, autoregressive=False
):
    """Segmented regression: y = b0 + b1·t + level·post + slope·(t - start)·post, plus a season.

    Parameters
    ----------
    values : sequence of float
        In order of time, evenly spaced. nan (missing, or left out on purpose, such as the months that triggered the
        change) is no point, but the clock runs on.
    start : int
        Position (from 0) of the first point after the change; its clock reads 0, so ``level`` is the jump there.
    exposure : sequence of float, optional
        For ``poisson``: what the counts are counted over. For ``gaussian`` the series becomes values / exposure.
    family : str
        ``gaussian`` (least squares, t intervals) or ``poisson`` (log link; standard errors times the root of the
        over-dispersion where that is above 1).
    season : int, optional
        Points a season (12 for months), at least 2; two pairs of sine and cosine, one below 4 points a season. Left
        out, and said so, below two seasons.
    lag : int, optional
        Newey-West standard errors with so many lags in place of the model's own.
    slope : bool
        False fits a step alone.
    autoregressive : bool
        Let each period resemble the one before. How much cannot be known well from a few dozen periods, so the fit is
        averaged over `AUTOCORRELATIONS`, each weighed by its restricted likelihood; the intervals hold what is not
        known of it too. For ``poisson`` the residuals are those of the working model.

    Returns
    -------
    Its
        With nan and a note where there are fewer than 3 points before or after, or too few for the terms.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    if family not in ("gaussian", "poisson"):
        raise ValueError("family: gaussian or poisson")
    y = np.array(values, float)
    y[~np.isfinite(y)] = np.nan
    if int(start) != start or not 0 <= start <= len(y):
        raise ValueError("start: a position in the series")
    start = int(start)
    offset = np.zeros(len(y))
    if exposure is not None:
        size = np.array(exposure, float)
        if size.shape != y.shape:
            raise ValueError("exposure: of another length than values")
        y = np.where(size > 0, y, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            if family == "gaussian":
                y = y / size
            else:
                offset = np.where(size > 0, np.log(size), 0.0)
    if family == "poisson" and (y < 0).any():
        raise ValueError("values: counts are not below zero")
    known = np.isfinite(y)
    place = np.arange(len(y))
    before, after = int(known[:start].sum()), int(known[start:].sum())
    observed = place[known & (place >= start)]
    # The last period counted from its beginning to its end.
    horizon = float(observed[-1] - start + 1) if len(observed) else 0.0
    notes = []
    terms = _terms(place, start, slope)
    if season is not None:
        _check_season(season)
        if known.any() and place[known][-1] - place[known][0] + 1 >= SEASONS_NEEDED * season:
            terms |= _harmonics(place, season)
        else:
            notes.append(f"No season terms: fewer than {SEASONS_NEEDED} seasons of {season} points.")
    design = np.column_stack(list(terms.values()))
    why_not = _why_not(y, design, before, after, known, start, family)
    if why_not:
        return _nothing(y, family, before, after, horizon, why_not)
    if min(before, after) < FIRM_POINTS:
        notes.append(f"Exploratory: {before} points before and {after} after, fewer than {FIRM_POINTS} on a side.")
    if autoregressive:
        fitted = _fit_autoregressive(y[known], design[known], offset[known], place[known], family)
    else:
        fitted = *_fit(y[known], design[known], offset[known], family, lag), np.nan
    estimate, covariance, quantile, dispersion, resemblance = fitted
    table = _table(list(terms), estimate, np.sqrt(np.diag(covariance)), quantile, family)
    change = [list(terms).index(term) for term in ("level", "slope") if term in terms]
    without = design.copy()
    without[:, change] = 0
    curves = [offset + x @ estimate for x in (design, without)]
    if family == "poisson":
        curves = [np.exp(curve) for curve in curves]
    both = np.zeros((2, 2))
    both[: len(change), : len(change)] = covariance[np.ix_(change, change)]
    jump = float(estimate[change[0]])
    bend = float(estimate[change[1]]) if slope else 0.0
    # A count of m varies by the root of m, its logarithm by one over the root.
    spread = np.sqrt(dispersion if family == "gaussian" else max(dispersion, 1.0) / curves[0][known].mean())
    return Its(
        jump, bend, table, family, before, after, horizon, *curves, dispersion, resemblance, float(spread),
        " ".join(notes), both, quantile,
    )  # fmt: skip


def seasonality(values, season=12):
    """Whether a series has a season: p value of two pairs of sine and cosine beside a straight trend.

    Parameters
    ----------
    values : sequence of float
        nan is a missing point.
    season : int
        Points a season.

    Returns
    -------
    float
        p of the F test; nan below two seasons, or without variation.

    Raises
    ------
    ValueError
        If a season has fewer than 2 points.
    """
    _check_season(season)
    y = np.array(values, float)
    known, place = np.isfinite(y), np.arange(len(y))
    if known.sum() < SEASONS_NEEDED * season or np.ptp(y[known]) == 0:
        return np.nan
    trend = np.column_stack([np.ones(len(y)), place])[known]
    full = np.column_stack([trend, *(x[known] for x in _harmonics(place, season).values())])
    full = full[:, np.ptp(full, axis=0) + (np.arange(full.shape[1]) == 0) > 1e-9]

    def rest(x):
        return float(np.sum((y[known] - x @ np.linalg.lstsq(x, y[known], rcond=None)[0]) ** 2))

    extra, free = full.shape[1] - trend.shape[1], known.sum() - full.shape[1]
    small, large = rest(full), rest(trend)
    if large <= 0 or free < 1:
        return np.nan
    from scipy.special import fdtrc

    return float(fdtrc(extra, free, ((large - small) / extra) / max(small / free, 1e-300)))


def _terms(place, start, slope):
    """Constant, time, level and slope change; the clock of the last is 0 at the first point after the change."""
    after = (place >= start).astype(float)
    # Time runs from 1, as it does in most publications; the intercept then is the printed one.
    terms = {"intercept": np.ones(len(place)), "time": place + 1.0, "level": after}
    return terms | ({"slope": (place - start) * after} if slope else {})


def _check_season(season):
    if int(season) != season or season < 2:
        raise ValueError("season: a number of points, 2 or more")


def _harmonics(place, season):
    """Sine and cosine of one and two cycles a season; one that is zero everywhere is left out."""
    waves = {}
    # More cycles than half the points of a season would repeat the ones before.
    for k in range(1, min(HARMONICS, int(season) // 2) + 1):
        for name, wave in (("sin", np.sin), ("cos", np.cos)):
            turn = wave(2 * np.pi * k * (place + 1) / season)
            if np.max(np.abs(turn), initial=0) > 1e-9:
                waves[f"{name}{k}"] = turn
    return waves


def _why_not(y, design, before, after, known, start, family):
    """Why nothing can be fitted, or an empty text."""
    if min(before, after) < LEAST_POINTS:
        return (
            f"{before} points before the change and {after} after it: fewer than {LEAST_POINTS} on a side tell nothing."
        )
    x = design[known]
    if known.sum() <= x.shape[1] or np.linalg.matrix_rank(x) < x.shape[1]:
        return f"{int(known.sum())} points are too few for {x.shape[1]} terms."
    if family == "poisson" and min(np.nansum(y[:start]), np.nansum(y[start:])) == 0:
        return "Nothing was counted on one side of the change: a ratio cannot be told."
    if np.ptp(y[known]) == 0:
        return "All values are the same: there is nothing to explain."
    return ""


def _nothing(y, family, before, after, horizon, note):
    empty = np.full(len(y), np.nan)
    table = _table([], np.array([]), np.array([]), np.nan, family)
    nothing = np.full((2, 2), np.nan)
    return Its(
        np.nan, np.nan, table, family, before, after, horizon, empty, empty.copy(), np.nan, np.nan, np.nan, note,
        nothing, np.nan,
    )  # fmt: skip


def _fit(y, x, offset, family, lag):
    """Estimates, their covariance, the quantile for 95% intervals, and the dispersion."""
    robust = {} if lag is None else {"cov_type": "HAC", "cov_kwds": {"maxlags": int(lag)}}
    if family == "gaussian":
        from scipy.special import stdtrit
        from statsmodels.regression.linear_model import OLS

        fit = OLS(y, x).fit(**robust)
        return fit.params, fit.cov_params(), float(stdtrit(fit.df_resid, 0.975)), float(fit.scale)
    from scipy.special import ndtri
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    fit = GLM(y, x, family=Poisson(), offset=offset).fit(tol=1e-12, **robust)
    dispersion = float(fit.pearson_chi2 / fit.df_resid)
    covariance = fit.cov_params() if lag is not None else fit.cov_params() * max(1.0, dispersion)
    return fit.params, covariance, float(ndtri(0.975)), dispersion


def _fit_autoregressive(y, x, offset, place, family):
    """As `_fit`, with the residuals following a first-order autoregression, and the autocorrelation."""
    from scipy.special import stdtrit

    least = 0.0
    if family == "poisson":
        from statsmodels.genmod.families import Poisson
        from statsmodels.genmod.generalized_linear_model import GLM

        mean = GLM(y, x, family=Poisson(), offset=offset).fit(tol=1e-12).mu
        # The working response of the last step, each period in units of its own Poisson error.
        y = np.sqrt(mean) * (np.log(mean) - offset + (y - mean) / mean)
        x = np.sqrt(mean)[:, None] * x
        least = 1.0  # counts do not vary by less than chance
    n, k = x.shape
    gaps = np.diff(place)
    plain = np.linalg.lstsq(x, y, rcond=None)[0]
    dispersion = float(np.sum((y - x @ plain) ** 2) / (n - k))
    likelihood, estimates, covariances = [], [], []
    for rho in AUTOCORRELATIONS:
        carried = rho**gaps
        rest = np.sqrt(1 - carried**2)
        inner_y = np.r_[y[0], (y[1:] - carried * y[:-1]) / rest]
        inner_x = np.vstack([x[:1], (x[1:] - carried[:, None] * x[:-1]) / rest[:, None]])
        q, r = np.linalg.qr(inner_x)
        estimate = np.linalg.solve(r, q.T @ inner_y)
        squares = max(float(np.sum((inner_y - inner_x @ estimate) ** 2)), 1e-300)
        inverse = np.linalg.inv(r)
        likelihood.append(-np.log(rest).sum() - np.log(np.abs(np.diag(r))).sum() - (n - k) / 2 * np.log(squares))
        estimates.append(estimate)
        covariances.append(inverse @ inverse.T * max(squares / (n - k), least))
    weight = np.exp(np.array(likelihood) - max(likelihood))
    weight /= weight.sum()
    estimates = np.array(estimates)
    mean = weight @ estimates
    off = estimates - mean
    covariance = np.tensordot(weight, np.array(covariances), 1) + (weight[:, None] * off).T @ off
    return mean, covariance, float(stdtrit(n - k, 0.975)), dispersion, float(weight @ AUTOCORRELATIONS)


def _table(terms, estimate, se, quantile, family):
    table = pd.DataFrame(
        {"estimate": estimate, "se": se, "low": estimate - quantile * se, "high": estimate + quantile * se},
        index=pd.Index(terms, name="term"),
    )
    if family == "poisson":
        for name, column in (("ratio", "estimate"), ("ratio_low", "low"), ("ratio_high", "high")):
            table[name] = np.exp(table[column])
    return table
