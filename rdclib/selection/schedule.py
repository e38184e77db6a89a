"""The metric schedule: what is measured, from where to where, by whom, and what to collect first."""

from dataclasses import dataclass

from rdclib.selection.series import FEWEST_POINTS


@dataclass(frozen=True)
class Line:
    """One metric of the schedule, with everything that the contract says about it."""

    metric: object
    paid: bool
    segments: str
    baseline: object  # rdclib.selection.targets.Baseline
    target: object  # Target
    detectability: object  # Detectability
    mix: object  # Mix, or None: the target with the clients who really came
    support: object  # rdclib.selection.series.Support
    guardrails: tuple  # metrics that guard it
    ready: bool  # enough history for a target

    @property
    def points_to_collect(self):
        """Periods still to be collected before a target can rest on the metric's own history."""
        return max(FEWEST_POINTS - self.baseline.n, 0)


def first_steps(lines):
    """What to collect first: lines without a baseline, the outcome first, then the city's duty, then the rest.

    Parameters
    ----------
    lines : sequence of Line

    Returns
    -------
    tuple of Line
    """
    waiting = [line for line in lines if not line.ready]
    return tuple(
        sorted(
            waiting,
            key=lambda line: (
                line.metric.layer not in ("outcome", "impact"),
                line.metric.duty != "city",
                line.metric.id,
            ),
        )
    )
