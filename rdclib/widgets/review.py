"""Forms of the performance review: what to look at, new limits, changes, actions, ratings, the meeting."""

import datetime

from rdclib import formats, periods, saved, vocabulary
from rdclib.engagement import Draft, change_choices, load_choices
from rdclib.errors import EngagementError
from rdclib.review import measured
from rdclib.review.pack import ACTION_COLUMNS, MOST_HEADLINES, action_log
from rdclib.review.ratings import COLUMNS, LEVEL_WORDS, ratings
from rdclib.spc import TRIAL_POINTS
from rdclib.widgets import base

STAGE = "review"
_EVERY = ("Every vendor", "")
_NEW = ("A new action", "")


def review_focus(engagement, records, *, interactive):
    """Ask for the headline metrics and the switch for screening; Save writes choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).review
    measures, _ = measured(records)
    options = [(m.name, m.id) for m in measures]
    # One without results this time is still a choice.
    options += [(name, name) for name in now.headlines if name not in {m.id for m in measures}]
    fields = {
        "headlines": base.several(f"Headline metrics, {MOST_HEADLINES} at most", options, now.headlines),
        "screen": base.radio(
            "Very large jumps between two periods",
            [("count towards the limits (usual)", False), ("are left out of the limits", True)],
            now.screen,
        ),
    }

    draft = Draft(engagement, STAGE, {"headlines": list(fields["headlines"].value), "screen": now.screen})

    def settle(decided):
        if len(decided["headlines"]) > MOST_HEADLINES:
            raise EngagementError(
                f"{len(decided['headlines'])} headline metrics are ticked, with those that colleagues have saved.",
                fix=f"Leave {MOST_HEADLINES} at most. Run this cell again to see what is saved.",
            )
        return decided

    def save(values, author):
        if len(values["headlines"]) > MOST_HEADLINES:
            raise EngagementError(
                f"{len(values['headlines'])} headline metrics are ticked.", fix=f"Leave {MOST_HEADLINES} at most."
            )
        draft.save(values | {"headlines": list(values["headlines"])}, author=author, settle=settle)

    return _form(
        "What do we look at first?", fields, save, now, "Nothing ticked means: outcomes with a target come first."
    )


def new_limits(engagement, records, *, interactive):
    """Ask for a day from which a metric gets new limits, with the reason; Save adds it to choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).review
    measures, vendors = measured(records)

    def known():
        decided = load_choices(engagement).review
        return base.note(
            _listed("New limits so far", [(r.metric_id, r.vendor, r.date, r.reason) for r in decided.rebases]),
            _listed("Frozen so far", [(f.metric_id, f.vendor, f"{f.periods} periods") for f in decided.freezes]),
        )

    fields = {
        "known": known(),
        "metric_id": base.choice("Metric", _metrics(measures)),
        "vendor": base.choice("Vendor", [_EVERY, *vendors], ""),
        "date": base.date("First day of the new limits"),
        "reason": base.text("What changed", placeholder="a new contract, a new definition, a second team..."),
        "periods": base.integer("Freeze the limits on the first so many periods (0: on all of them)", 0, 0, 120),
    }

    def save(values, author):
        frozen = values["periods"]
        _need(values, "metric_id", *(() if frozen and not values["date"] else ("date", "reason")))
        if 0 < frozen < TRIAL_POINTS:
            raise EngagementError(
                f"Limits would be frozen on {frozen} periods.",
                fix=f"Freeze them on {TRIAL_POINTS} or more, or on none.",
            )
        entries = {}
        if values["date"]:
            entries["rebases"] = _plain(values, "metric_id", "vendor", "date", "reason")
        if frozen:
            entries["freezes"] = _plain(values, "metric_id", "vendor", "periods")
        _append(engagement, entries, author)
        fields["known"].value = known().value

    advice = "Only for a known change with a date and a reason; results that merely look different are no reason."
    return _form("New limits from a day on", fields, save, now, advice)


def contract_change(engagement, records, *, interactive):
    """Ask for a change whose effect is to be judged; Save adds it to choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).review
    measures, vendors = measured(records)

    def known():
        changes = load_choices(engagement).review.changes
        return base.note(_listed("Changes so far", [(c.metric_id, c.vendor, c.date, c.what) for c in changes]))

    fields = {
        "known": known(),
        "metric_id": base.choice("Metric that it was to improve", _metrics(measures)),
        "vendor": base.choice("Vendor", [_EVERY, *vendors], ""),
        "date": base.date("First day of the change"),
        "what": base.text("What was changed"),
        "trigger_periods": base.integer("Periods just before it whose results gave rise to it", 0, 0, 24),
        "comparison": base.several("Compare with (nothing ticked: all other vendors)", list(vendors)),
        "same_time": base.text("What else changed at that time", placeholder="a definition, a season, a new site..."),
    }

    def save(values, author):
        _need(values, "metric_id", "date", "what")
        keys = ("metric_id", "vendor", "date", "what", "trigger_periods", "comparison", "same_time")
        _append(engagement, {"changes": _plain(values, *keys)}, author)
        fields["known"].value = known().value

    advice = "A vendor that was picked because of bad months gets better by itself: name those months."
    return _form("Did a change last?", fields, save, now, advice)


def action_entry(engagement, records, *, interactive):
    """Ask for an action, new or known; Save adds a row to actions.csv."""
    if not interactive:
        return None
    log = {row["action_id"]: row for row in action_log(records).to_dict("records")}
    contracts = [("None in particular", ""), *_contracts(records)]

    def listed():
        still = [r for r in log.values() if r["status"].lower() not in ("done", "dropped")]
        return [
            _NEW,
            *(
                (f"{r['action']} ({r['owner']}, due {r['action_due'] or 'without date'})", r["action_id"])
                for r in still
            ),
        ]

    fields = {
        "action_id": base.choice("Action", listed(), ""),
        "contract_id": base.choice("Contract", contracts, ""),
        "topic": base.text("Topic"),
        "finding": base.text("Finding", placeholder="what the data showed"),
        "action": base.text("What is to be done"),
        "owner": base.text("Owner", placeholder="one person or unit"),
        "action_due": base.date("Due"),
        "status": base.choice("Status", ["open", "done", "dropped"], "open"),
        "result": base.text("Result"),
    }

    shown = {}

    def known(action_id, _):
        row = log.get(action_id, {})
        shown.clear()
        shown.update({k: row.get(k, "") for k in ("topic", "finding", "action", "owner", "result")})
        offered = [value for _, value in contracts]
        shown["contract_id"] = row["contract_id"] if row.get("contract_id") in offered else ""
        shown.update({"action_due": periods.day_of(row.get("action_due")), "status": "open"})
        return dict(shown)

    def save(values, author):
        asked = values["action_id"]
        if not asked:
            _need(values, "action", "owner", "action_due")
        # Of a known action, only what was changed here: a colleague may have closed it meanwhile.
        given = {
            k: formats.line(v)
            for k, v in values.items()
            if k in ACTION_COLUMNS and v not in (None, "") and (not asked or v != shown.get(k))
        }
        row = {}

        def change(rows):
            before = {r["action_id"]: r for r in rows}
            old = before.get(asked) or log.get(asked, {})
            row.update({k: old.get(k, "") for k in ACTION_COLUMNS} | given)
            row["action_id"] = row["action_id"] or _next_id([*log, *before])
            row["meeting_date"] = row["meeting_date"] or engagement.as_of.isoformat()
            row["status"] = row["status"] or values["status"]
            if row["status"] in ("done", "dropped") and not row["action_closed"]:
                row["action_closed"] = engagement.as_of.isoformat()
            return [row]

        saved.change_rows(engagement.folder / "actions.csv", change, author=author)
        log[row["action_id"]] = row
        fields["action_id"].options = base.options_of(listed())
        fields["action_id"].value = ""

    return base.form(
        "Action log",
        fields,
        save,
        interactive=interactive,
        advice="One owner and one day for each. Fields left empty keep what is known of an action.",
        shows=("action_id", known),
    )


def vendor_rating(engagement, records, *, interactive):
    """Ask for a rating of a vendor on one dimension, with evidence; Save adds a row to vendor_ratings.csv."""
    if not interactive:
        return None
    contracts = records.contracts.set_index("contract_id")
    levels = [(f"{level.capitalize()}: {words}", level) for level, words in LEVEL_WORDS.items()]
    fields = {
        "contract_id": base.choice("Contract", _contracts(records) or [("No contract is in the records", "")]),
        "period": base.text("Period", engagement.period.label),
        "dimension": base.choice("Dimension", vocabulary.RATING_DIMENSIONS, vocabulary.RATING_DIMENSIONS[0]),
        "level": base.radio("Level", levels, "satisfactory"),
        "evidence": base.long_text("Evidence: numbers, dates, documents", rows=3),
        "vendor_comment": base.long_text("The vendor's comment (14 days to give one)", rows=2),
        "rater": base.text("Rater"),
        "reviewer": base.text("Reviewer, one level up (where the vendor disagrees)"),
        "spread": base.note(_spread(ratings(records))),
    }

    def save(values, author):
        _need(values, "contract_id", "period", "evidence", "rater")
        row = {k: formats.line(values.get(k) or "") for k in COLUMNS}
        vendor = contracts.loc[[values["contract_id"]]].iloc[0]
        for key in ("vendor_id", "vendor_name"):
            row[key] = "" if vendor[key] != vendor[key] else str(vendor[key])
        saved.append_rows(engagement.folder / "vendor_ratings.csv", [row], author=author)

    return base.form(
        "Rate a vendor",
        fields,
        save,
        interactive=interactive,
        advice="Five levels, one dimension at a time. Cost control is not rated under a fixed price. "
        "If everybody is satisfactory, nobody learns anything: let the evidence decide.",
    )


def meeting_notes(engagement, review, *, interactive):
    """Ask for the roadmap topic, what the meeting made of each headline, and its day; Save writes choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).review
    ids = {h.measure.id: h.measure.name for h in review.pack.headlines}
    fields = {"topic": base.text("Roadmap topic of the next meeting", now.topic, placeholder=review.pack.topic)}
    fields |= {f"finding {i}": base.text(f"Finding: {name}", now.findings.get(i, "")) for i, name in ids.items()}
    fields["held"] = base.date("Day of the meeting, once it was held")
    draft = Draft(engagement, STAGE, {"topic": now.topic, "findings": now.findings, "meetings": list(now.meetings)})

    def save(values, author):
        findings = now.findings | {i: formats.line(values[f"finding {i}"]) for i in ids}
        decided = {
            "topic": formats.line(values["topic"]),
            "findings": {k: v for k, v in findings.items() if v},
            "meetings": [*now.meetings, *([values["held"]] if values["held"] else [])],
        }
        draft.save(
            decided,
            author=author,
            settle=lambda decided: decided | {"meetings": sorted(set(decided["meetings"]))},
        )

    return _form("The meeting", fields, save, now, "An empty topic means the one that is drafted.")


def past_performance_weights(engagement, *, interactive):
    """Ask how much older ratings, and those of other services, count for an award; Save writes choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).review
    recency = [*now.recency, 0.0, 0.0, 0.0][:3]
    names = ("this year", "last year", "the year before")
    fields = {
        f"age {i}": base.number(f"Weight of a rating of {n} (0 to 1)", recency[i], 0, 1) for i, n in enumerate(names)
    }
    fields["other"] = base.number("Weight of a rating on another service (0 to 1)", now.other_service, 0, 1)
    draft = Draft(engagement, STAGE, {"recency": recency, "other_service": now.other_service})

    def save(values, author):
        decided = {"recency": [values[f"age {i}"] for i in range(3)], "other_service": values["other"]}
        draft.save(decided, author=author)

    advice = "Publish the weights in the RFP, and have them read by legal before."
    return _form("What counts of the past?", fields, save, now, advice)


def _spread(rated):
    """How each rater's levels are spread, the middle above all."""
    said = [
        f"{row.rater}: “satisfactory” in {formats.share(row.satisfactory)} of {formats.plural(int(row.n), 'rating')}"
        + (" (does the evidence really not tell vendors apart?)" if row.clustered else "")
        for row in rated.raters.itertuples()
    ]
    return f"Ratings so far. {'; '.join(said)}." if said else "No ratings so far."


def _form(title, fields, save, now, advice):
    return base.form(title, fields, save, interactive=True, advice=advice, saved_by=now.saved_by, saved_at=now.saved_at)


def _metrics(measures):
    return [(m.name, m.id) for m in measures] or [("No metric has results", "")]


def _contracts(records):
    named = records.contracts.dropna(subset=["contract_id"]).drop_duplicates("contract_id")
    names = named["vendor_name"].fillna(named["vendor_id"]).fillna("")
    return sorted((f"{i} {name}".strip(), i) for i, name in zip(named["contract_id"], names, strict=True))


def _listed(title, rows):
    if not rows:
        return f"{title}: none."
    return f"{title}: " + "; ".join(", ".join(str(part) for part in row if part) for row in rows) + "."


def _need(values, *keys):
    """Refuse to save while something is missing."""
    lacking = [key for key in keys if not values.get(key)]
    if lacking:
        words = {
            "metric_id": "metric",
            "contract_id": "contract",
            "action_due": "due day",
            "date": "day",
            "what": "change",
        }
        raise EngagementError(
            f"Not filled in: {', '.join(words.get(k, k) for k in lacking)}.", fix="Fill it in, then press Save again."
        )


def _plain(values, *keys):
    """Values as choices.yaml keeps them."""
    plain = {}
    for key in keys:
        value = values[key]
        if isinstance(value, datetime.date):
            plain[key] = value.isoformat()
        elif isinstance(value, tuple):
            plain[key] = list(value)
        elif isinstance(value, str):
            plain[key] = formats.line(value)
        else:
            plain[key] = value
    return {key: value for key, value in plain.items() if value not in ("", [])}


def _append(engagement, added, author):
    """Add an entry to lists of choices.yaml; pressed twice, once."""

    def change(section):
        decided = {}
        for key, entry in added.items():
            entries = [_plain(dict(e), *type(e).model_fields) for e in getattr(section, key)]
            decided[key] = [*(e for e in entries if e != entry), entry]
        return decided

    change_choices(engagement, STAGE, change, author=author)


def _next_id(known):
    numbers = [int("".join(c for c in action_id if c.isdecimal()) or 0) for action_id in known]
    return f"A{max(numbers, default=0) + 1}"
