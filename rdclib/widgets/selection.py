"""Forms of the metric selection: problem, ratings, priorities, the chosen set, contract type, payment, documents."""

from rdclib import formats, saved, vocabulary
from rdclib.catalogue import load_metrics, load_table
from rdclib.choices import PAYMENT_TERMS, TARGET_BASES, PaymentDesign
from rdclib.engagement import Draft, change_choices, entries, load_choices
from rdclib.errors import EngagementError
from rdclib.selection import ratings, rules
from rdclib.widgets import base

STAGE = "selection"
GOALS = 5  # goals that the form has room for
ORDERED = 5  # tests whose order the form asks for
NOT_ANSWERED = ("not answered", "")
_FOLDER = "documents"
PAYMENT_WORDS = tuple(name for name in PaymentDesign.model_fields if name not in ("name", "kind", "metric_id"))
TARGETS = ("target", "target_low", "target_high")


def problem_and_goals(engagement, selection, *, interactive):
    """Ask for contract, domains, problem, people, goals and logic model; Save writes choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).selection
    domains = sorted({m.domain for m in load_metrics()} - {"any_service", "city_duties"})
    fields = {
        "contract_id": base.text("Contract number", now.contract_id or selection.contract.id),
        "domains": base.several(
            "Services that it buys", [(d.replace("_", " "), d) for d in domains], now.domains or selection.domains
        ),
        "problem": base.long_text("What do residents meet today? How many, where, since when?", now.problem),
        "population": base.text("Who is to be better off?", now.population),
    }
    # A file written by hand may hold more goals than most contracts need.
    places = range(max(GOALS, len(now.goals)))
    for k in places:
        known = now.goals[k] if k < len(now.goals) else None
        fields[f"goal {k}"] = base.text(f"Goal {k + 1}", known.goal if known else "")
        fields[f"residents {k}"] = base.text(
            f"What would residents notice when goal {k + 1} is reached?", known.residents if known else ""
        )
    for layer in vocabulary.LAYERS:
        lines = now.logic_model.get(layer, ())
        fields[layer] = base.long_text(f"{layer.capitalize()} (one a line)", "\n".join(lines), rows=max(2, len(lines)))

    def decided(values):
        lines = [{"goal": values[f"goal {k}"].strip(), "residents": values[f"residents {k}"].strip()} for k in places]
        model = {
            layer: [line.strip() for line in values[layer].splitlines() if line.strip()]
            for layer in vocabulary.LAYERS
        }  # fmt: skip
        return {key: values[key].strip() for key in ("contract_id", "problem", "population")} | {
            "domains": list(values["domains"]),
            "goals": [line for line in lines if line["goal"]],
            "logic_model": {layer: lines for layer, lines in model.items() if lines},
        }

    draft = Draft(engagement, STAGE, decided({name: field.value for name, field in fields.items()}))

    def save(values, author):
        if alone := [
            str(k + 1) for k in places if values[f"residents {k}"].strip() and not values[f"goal {k}"].strip()
        ]:
            raise EngagementError(
                f"Goal {alone[0]} is empty, and what residents would notice of it is not.",
                fix="Write the goal above it, or empty the line.",
            )
        kept = decided(values)
        if kept["contract_id"] not in ("", *selection.register):
            raise EngagementError(
                f"The register has no contract '{kept['contract_id'][:60]}'.",
                fix="Type its number as the register writes it, or leave it empty for the one that is urgent.",
            )
        draft.save(kept, author=author)

    return base.form(
        "What is the contract for?",
        fields,
        save,
        interactive=interactive,
        advice="Name the problem, not the solution: “too few shelter beds” invites shelters only, “people lose their "
        "homes” invites more. At least three goals, each with what residents would notice.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
    )


def metric_ratings(engagement, selection, *, interactive):
    """Ask one rater for the ten tests of a metric; Save adds rows to metric_ratings.csv."""
    if not interactive or not selection.candidates:
        return None
    fields = {"metric_id": base.choice("Metric", _metrics(selection.candidates), selection.candidates[0].id)}
    for row in ratings.tests():
        levels = [NOT_ANSWERED, *((f"{k}: {row[name]}", str(k)) for k, name in enumerate(("low", "middle", "high")))]
        gate = " (0 bars it from payment)" if row["gate"] == "yes" else ""
        fields[row["id"]] = base.radio(f"{row['name']}. {row['question']}{gate}", levels, "")
    fields["comment"] = base.text("Why?")

    shown = {}

    def save(values, author):
        given = {row["id"]: values[row["id"]] for row in ratings.tests() if values[row["id"]]}
        if not given:
            raise EngagementError("No test is rated.", fix="Choose 0, 1 or 2 for at least one test.")
        comment = values["comment"].strip()
        # The rater may have this form open twice: a level that was only shown does not replace a later one.
        changed = {test: score for test, score in given.items() if comment or score != shown.get(test)}
        rows = [
            {
                "contract_id": selection.contract.id,
                "metric_id": values["metric_id"],
                "rater": author,
                "test": test,
                "score": score,
                "comment": comment,
            }
            for test, score in changed.items()
        ]
        saved.append_rows(engagement.folder / ratings.FILE, rows, author=author)

    def rated(metric_id, rater):
        """The rater's own levels and nobody else's."""
        rows = saved.read_rows(engagement.folder / ratings.FILE)
        key = (selection.contract.id, metric_id, rater)
        mine = [row for row in rows if (row.get("contract_id"), row.get("metric_id"), row.get("rater")) == key]
        levels = {row["test"]: row["score"] for row in mine if rater and row["score"] in ("0", "1", "2")}
        shown.clear()
        shown.update(levels)
        return {row["id"]: levels.get(row["id"], "") for row in ratings.tests()} | {"comment": ""}

    return base.form(
        "Test a metric",
        fields,
        save,
        interactive=interactive,
        advice="Each rater alone first, then talk about the tests on which you differ by two points. A later row of "
        "yours replaces an earlier one.",
        shows=("metric_id", rated),
    )


def metric_priorities(engagement, *, interactive):
    """Ask which tests matter most; Save writes choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).selection
    options = [("not agreed", ""), *((row["name"], row["id"]) for row in ratings.tests())]
    options.append(("Data support", ratings.DATA_SUPPORT))
    fields = {
        str(k): base.choice(f"Number {k + 1}", options, now.test_order[k] if k < len(now.test_order) else "")
        for k in range(max(ORDERED, len(now.test_order)))
    }

    draft = Draft(engagement, STAGE, {"test_order": list(now.test_order)})

    def save(values, author):
        order = [test for test in values.values() if test]
        if len(set(order)) < len(order):
            raise EngagementError("A test is named twice.", fix="Name each test once, or leave places open.")
        draft.save({"test_order": order}, author=author)

    return base.form(
        "What matters most in a metric?",
        fields,
        save,
        interactive=interactive,
        advice="Order as many as you agree on. The order of the rest stays open, and the ranking says how much that "
        "matters.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
    )


def metric_set(engagement, selection, *, interactive):
    """Ask for the set, with its rules checked at every tick; Save writes choices.yaml."""
    if not interactive or not selection.candidates:
        return None
    now = load_choices(engagement).selection
    known = {c.metric_id: c for c in now.chosen}
    proposed = tuple(m.metric.id for m in selection.proposal.members)
    options = _metrics(selection.candidates)
    failed = {place.metric.id: place.failed_gates for place in selection.ranking.places}
    metrics = {m.id: m for m in selection.candidates}
    fields = {
        "chosen": base.several("Metrics", options, tuple(known) or proposed),
        "broken": base.note(""),
    }

    def told(_=None):
        members = [
            rules.Member(
                metrics[name],
                name in known and known[name].paid,
                known[name].segments if name in known else metrics[name].segment_by,
                failed.get(name, ()),
            )
            for name in fields["chosen"].value
        ]
        broken = [f"{v.rule['rule']}: {v.rule['why']}" for v in rules.check(members, selection.same)]
        broken = broken or ["Every rule is kept."]
        fields["broken"].value = base.note(f"{formats.plural(len(members), 'metric')}.", *broken).value

    fields["chosen"].observe(told, "value")
    told()

    shown, before = list(fields["chosen"].value), list(known)

    def save(values, author):
        ticked = list(values["chosen"])

        def change(section):
            rows = {row["metric_id"]: row for row in entries(section, "chosen")}
            ids = saved.merged(ticked, shown=shown, before=before, now=list(rows))
            # Of a metric in the set, terms may have been saved in the form below since this one was shown.
            new = {name: {"metric_id": name, "segments": metrics[name].segment_by} for name in ids if name in metrics}
            return {"chosen": [rows.get(name) or new[name] for name in ids]}

        change_choices(engagement, STAGE, change, author=author)
        shown[:] = before[:] = ticked

    return base.form(
        "Which metrics do we watch?",
        fields,
        save,
        interactive=interactive,
        advice=f"The best set that keeps the rules: {', '.join(proposed)}.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
    )


def metric_terms(engagement, selection, *, interactive):
    """Ask for target, payment and groups of one chosen metric; Save writes choices.yaml."""
    if not interactive or not selection.lines:
        return None
    now = load_choices(engagement).selection
    which = base.choice("Metric", _metrics([line.metric for line in selection.lines]), selection.lines[0].metric.id)
    fields = {
        "metric_id": which,
        "suggested": base.note(""),
        "target": base.text("Target, in the metric's unit (empty: none yet)"),
        "target_low": base.text("Or a target band: its lower end"),
        "target_high": base.text("and its upper end"),
        "target_basis": base.choice("Where does it come from?", [NOT_ANSWERED, *TARGET_BASES], ""),
        "standard": base.text("The published standard, when it rests on one"),
        "segments": base.text("Also shown by which groups or places?"),
        "paid": base.radio("Does money depend on it?", [("no", False), ("yes", True)], False),
    }

    before = {}  # the chosen metric as it is saved, while the fields show it

    def known(metric_id, _):
        line = next(line for line in selection.lines if line.metric.id == metric_id)
        chosen = next(
            (row for row in entries(load_choices(engagement).selection, "chosen") if row["metric_id"] == metric_id), {}
        )
        before.clear()
        before.update(chosen)
        words = [
            f"{option.basis}: {formats.number(option.value)}" for option in selection.target_options.get(metric_id, ())
        ]
        start = line.baseline
        today = (
            f"Today {formats.number(start.value)}, from {formats.number(start.low)} to {formats.number(start.high)}."
        )
        told = (
            f"{today} The data suggest {'; '.join(words) or 'nothing'}."
            if start.usable
            else "No baseline yet: a target needs six periods of history or a named standard."
        )
        unit = f"Counted in: {line.metric.unit}. " if line.metric.unit else ""
        return {name: base.plain(chosen.get(name)) for name in TARGETS} | {
            "suggested": base.note(unit + told).value,
            "target_basis": chosen.get("target_basis", ""),
            "standard": chosen.get("standard", ""),
            "segments": chosen.get("segments", line.segments),
            "paid": chosen.get("paid", False),
        }

    def save(values, author):
        row = {"metric_id": values["metric_id"]}
        for name in TARGETS:
            if words := values[name].strip():
                row[name] = base.read_number(words, fields[name].description)
        row |= {key: values[key].strip() for key in ("standard", "segments") if values[key].strip()}
        row |= {"target_basis": values["target_basis"]} if values["target_basis"] else {}
        row |= {"paid": True} if values["paid"] else {}

        def change(section):
            kept = {row["metric_id"]: row for row in entries(section, "chosen")}
            kept = kept or {m.metric.id: {"metric_id": m.metric.id} for m in selection.members}
            now = kept.get(row["metric_id"], before)
            kept[row["metric_id"]] = saved.merged(row, shown=before, before=before, now=now)
            return {"chosen": list(kept.values())}

        change_choices(engagement, STAGE, change, author=author)

    return base.form(
        "Target and terms of a metric",
        fields,
        save,
        interactive=interactive,
        advice="Numbers in the metric's unit, with a point before decimals: 72.4 for 72.4%.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
        shows=("metric_id", known),
    )


def contract_type_inputs(engagement, selection, *, interactive):
    """Ask what decides contract type and payment; Save writes choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).selection
    worked_out = {i.id: formats.number(i.value) for i in selection.recommendation.inputs if i.kind == "number"}
    fields = {}
    for row in load_table("contract_inputs"):
        given = now.contract_inputs.get(row["id"], "")
        if row["kind"] == "rating":
            levels = [NOT_ANSWERED, *((f"{k}: {row[n]}", str(k)) for k, n in ((1, "low"), (2, "middle"), (3, "high")))]
            fields[row["id"]] = base.radio(row["question"], levels, given)
        elif row["kind"] == "flag":
            fields[row["id"]] = base.radio(row["question"], [NOT_ANSWERED, "yes", "no"], given)
        else:
            hint = f"from the data: {worked_out[row['id']]}" if row["id"] in selection.from_data else ""
            hint = hint or ("0.03 means three in a hundred" if row["kind"] == "share" else "")
            fields[row["id"]] = base.text(row["question"], given, placeholder=hint)

    draft = Draft(engagement, STAGE, {"contract_inputs": now.contract_inputs})

    def save(values, author):
        from rdclib.contract_types import read_inputs

        given = {name: value.strip() for name, value in values.items() if value.strip()}
        for row in load_table("contract_inputs"):
            if row["kind"] in ("number", "share") and row["id"] in given:
                base.read_number(given[row["id"]], row["label"], 0, 1 if row["kind"] == "share" else 1e12)
        read_inputs(given)
        draft.save({"contract_inputs": given}, author=author)

    return base.form(
        "What decides contract type and payment?",
        fields,
        save,
        interactive=interactive,
        advice="Answer as a group. What stays open counts as its most cautious answer, and the recommendation says so.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
    )


def payment_design(engagement, selection, *, interactive):
    """Ask for a payment design to be tried; Save writes choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).selection
    metrics = [("any", ""), *_metrics([line.metric for line in selection.lines])]
    fields = {
        "name": base.text("Name of the design", placeholder="saving under the same name replaces it"),
        "kind": base.choice("Kind", tuple(PAYMENT_TERMS), "ramp"),
        "metric_id": base.choice("Metric", metrics, ""),
        "needs": base.note(""),
        "terms": base.long_text("Terms, one a line, for example  pool: 4000  or  thresholds: 30, 40, 50"),
    }

    def told(_=None):
        fields["needs"].value = base.note(
            f"A design of this kind needs: {', '.join(PAYMENT_TERMS[fields['kind'].value])}. Amounts are by period, "
            "results in the metric's unit; ceiling: most paid to a vendor over the term."
        ).value

    fields["kind"].observe(told, "value")
    told()

    def save(values, author):
        row = {key: values[key].strip() for key in ("name", "kind", "metric_id") if values[key].strip()}
        if "name" not in row:
            raise EngagementError("The design has no name.", fix="Name it, so that tables can tell designs apart.")
        row |= _terms(values["terms"])

        def change(section):
            others = [design for design in entries(section, "payment_designs") if design["name"] != row["name"]]
            return {"payment_designs": [*others, row]}

        change_choices(engagement, STAGE, change, author=author)

    names = ", ".join(d.name for d in now.payment_designs)
    return base.form(
        "Try a payment design",
        fields,
        save,
        interactive=interactive,
        advice=f"Saved so far: {names}." if names else "Without a design of your own, four usual ones are tried.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
    )


def selection_documents(engagement, selection, *, interactive):
    """Write schedule, RFP pages and the vendors' data sheet into the engagement's folder."""

    def save(values, author):
        from rdclib.documents.selection import selection_files

        for name, data in selection_files(selection).items():
            saved.write_bytes(engagement.folder / _FOLDER / name, data)

    return base.form(
        "Write the documents",
        {
            "what": base.note(
                f"Save writes three files into the folder {_FOLDER} of the engagement: the metric schedule and the RFP "
                "section as Word, and the vendors' data sheet as Excel."
            )
        },
        save,
        interactive=interactive,
        advice="They say what is saved now. Run the notebook again after a change, then save again.",
    )


def _metrics(metrics):
    return [(f"{m.id} {m.name}", m.id) for m in metrics]


def _terms(text):
    """Read terms, one a line."""
    terms = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, mark, value = line.partition(":")
        if not mark:
            raise EngagementError(f"'{line.strip()[:60]}' is no term.", fix="Write it like  pool: 4000")
        name = name.strip().lower()
        if name not in PAYMENT_WORDS:
            raise EngagementError(f"'{name[:60]}' is no term.", fix=f"Terms: {', '.join(PAYMENT_WORDS)}.")
        if name == "unearned":
            terms[name] = value.strip()
        elif name in ("thresholds", "shares", "knots", "payments"):
            terms[name] = [base.read_number(part, name) for part in value.split(",") if part.strip()]
        elif value.strip():
            terms[name] = base.read_number(value, name)
    return terms
