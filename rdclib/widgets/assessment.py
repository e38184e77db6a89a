"""Forms of the assessment: answers, weights, ratings, key contracts, contract coding, improvement plan."""

import datetime

import ipywidgets as w

from rdclib import assessment, formats, periods, questionnaire, saved, vocabulary
from rdclib.catalogue import load_questions
from rdclib.engagement import Draft, change_choices, load_choices
from rdclib.errors import EngagementError
from rdclib.widgets import base

STAGE = "assessment"
NOT_RATED = "not known"
_NOT_ANSWERED = ("Not answered yet", "")
_CODING_FILE = "contract_coding.csv"


class PracticeForm(base.Form):
    """One question at a time, saved at every change; made by `practice_answers`."""

    def __init__(self, engagement):
        self._engagement = engagement
        self._questions = {q.id: q for q in load_questions()}
        self._rows = questionnaire.load_answers(engagement.folder)
        self._loading, self._typed = True, False  # typed: words or an answer that are not saved yet
        listed = [(f"{q.id} {q.question}", q.id) for q in self._questions.values()]
        previous, following = w.Button(description="Previous"), w.Button(description="Next")
        previous.on_click(lambda _: self._move(-1))
        following.on_click(lambda _: self._move(1))
        super().__init__(
            "How do we work today?",
            {
                "respondent": base.text("Who answers", placeholder="a name or initials; for a vendor, the firm"),
                "role": base.choice("Their role", [(r.capitalize(), r) for r in vocabulary.ROLES], vocabulary.ROLES[0]),
                "round": base.text("Round", questionnaire.latest_round(self._rows)),
                "question": base.choice("Question", listed, listed[0][1]),
                "about": base.note(""),
                "answer": base.radio("Which comes closest?", [_NOT_ANSWERED], ""),
                "evidence": base.text("Which document shows it?", placeholder="without one, a 3 or 4 counts as 2"),
                "comment": base.long_text("Comment", rows=2),
            },
            self._keep,
            advice="Every change is saved at once, so that a colleague can go on where you stop.",
            at_every_change=True,
        )
        head, *fields = self.children[:-3]
        self.children = [head, self.author, *fields, w.HBox([previous, following, self.button]), self.status]
        self._show()

    def _move(self, step):
        ids, question = list(self._questions), self.fields["question"]
        question.value = ids[(ids.index(question.value) + step) % len(ids)]

    def _save_change(self, change):
        owner = change["owner"]
        if self._loading or owner is self.fields["about"]:
            return
        if owner in (self.fields[name] for name in questionnaire.KEY):
            was_empty = not formats.line(str(change["old"]))
            if self._typed and was_empty and self.fields["answer"].value and self._asked() not in self._before():
                self.save()  # who answers was filled in last
                return
            lost = self._typed
            self._show()
            if lost:
                self._say("What was typed or chosen just now was not saved.", "Go back, and give it with an answer.")
        elif self.fields["answer"].value:
            self._typed = True
            self.save()
        elif self._asked() in self._before():
            self._say("The answer saved before stays.", "Choose “We do not know” when it was a mistake.")
        else:
            self._typed = True
            self._say("Not saved yet: it is saved together with an answer.")

    def _asked(self):
        return self.fields["question"].value

    def _keep(self, values, author):
        row = {name: formats.line(values[name]) for name in questionnaire.COLUMNS}
        if not row["respondent"] or not row["round"]:
            raise EngagementError(
                "Who answers, or the round, is missing.", fix="Fill both in; the answer is saved then."
            )
        if not row["answer"]:
            raise EngagementError("No answer is chosen.", fix="Choose the level that comes closest.")
        key = [row[name] for name in questionnaire.KEY]
        shown = {name: self._kept_before.get(name, "") for name in questionnaire.COLUMNS}

        def change(rows):
            # The same person's answers may be typed at two screens.
            now = next((r for r in reversed(rows) if [r[name] for name in questionnaire.KEY] == key), {})
            now = {name: now.get(name, "") for name in questionnaire.COLUMNS}
            return [saved.merged(row, shown=shown, before=shown, now=now)]

        saved.change_rows(self._engagement.folder / questionnaire.FILE, change, author=author)
        # Read again, so that what a colleague saved meanwhile is seen.
        self._rows = questionnaire.load_answers(self._engagement.folder)
        self._kept_before, self._typed = row, False

    def _before(self):
        """Answers of this person in this round by question, the newest of each."""
        person = [name for name in questionnaire.KEY if name != "question"]
        now = {name: formats.line(self.fields[name].value) for name in person}
        return {row["question"]: row for row in self._rows if all(row[name] == now[name] for name in person)}

    def _show(self):
        """Show the question with what was answered before, whoever typed it."""
        question, before = self._questions[self.fields["question"].value], self._before()
        row = self._kept_before = before.get(question.id, {})  # what the fields show
        levels = [(f"{k}: {words}", str(k)) for k, words in enumerate(question.levels)]
        others = [("We do not know", vocabulary.NOT_KNOWN), ("Does not apply to us", vocabulary.NOT_APPLICABLE)]
        self._loading = True
        self.fields["about"].value = base.note(
            f"{question.activity}. Asked of {question.respondent_role} and {question.secondary_role}. To look at: "
            f"{question.evidence_to_show}. Answered by this person: {len(before)} of {len(self._questions)}."
        ).value
        self.fields["answer"].options = [_NOT_ANSWERED, *levels, *others]
        self.fields["answer"].value = row.get("answer", "")
        self.fields["evidence"].value = row.get("evidence", "")
        self.fields["comment"].value = row.get("comment", "")
        self._loading = self._typed = False


def practice_answers(engagement, *, interactive):
    """Ask the practice questionnaire, one question at a time; answers go to answers.csv at every change."""
    return PracticeForm(engagement) if interactive else None


def priority_weights(engagement, *, interactive):
    """Ask for the points of what makes a contract deserve attention; Save writes choices.yaml."""
    now = load_choices(engagement).assessment
    fields = {
        name: base.number(f"{name.capitalize()} (points, 0 to 100)", now.weights.get(name, 10.0), 0, 100)
        for name in vocabulary.PRIORITY_CRITERIA
    }
    words = {
        "about right": "The points are about right (each weight may be half or one and a half of it)",
        "order only": "Only their order is agreed",
        "not settled": "Nothing is agreed yet",
    }
    fields["weights_known"] = base.radio(
        "How far are the points agreed?", [(words[key], key) for key in vocabulary.WEIGHTS_KNOWN], now.weights_known
    )
    shown = {name: now.weights.get(name, 10.0) for name in vocabulary.PRIORITY_CRITERIA}
    draft = Draft(engagement, STAGE, {"weights": shown, "weights_known": now.weights_known})

    def settle(decided):
        if not sum(decided["weights"].values()):
            raise EngagementError("All points are 0.", fix="Give points to at least one criterion.")
        return decided

    def save(values, author):
        known = values.pop("weights_known")
        draft.save({"weights": values, "weights_known": known}, author=author, settle=settle)

    return base.form(
        "What makes a contract deserve attention first?",
        fields,
        save,
        interactive=interactive,
        advice="Only the proportion of the points matters: 20 and 10 say the same as 10 and 5.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
    )


def priority_ratings(engagement, ranking, *, interactive):
    """Ask for ratings that the records cannot tell, contract by contract; Save writes choices.yaml."""
    if not interactive or not len(ranking.rows):
        return None
    now = load_choices(engagement).assessment
    levels = [(NOT_RATED, NOT_RATED), *((str(k), str(k)) for k in range(5))]
    contract = base.choice("Contract", _contracts(ranking.rows), ranking.rows["contract_id"].iloc[0])
    fields = {"contract": contract} | {
        name: base.choice(f"{name.capitalize()} (0 none, 4 very high)", levels, NOT_RATED)
        for name in vocabulary.PRIORITY_CRITERIA
    }

    shown = {}

    def given(contract_id, _):
        known = load_choices(engagement).assessment.ratings.get(contract_id, {})
        shown.clear()
        shown.update(known)
        return {
            name: formats.number(known[name]) if name in known else NOT_RATED for name in vocabulary.PRIORITY_CRITERIA
        }

    def save(values, author):
        rated = {n: float(values[n]) for n in vocabulary.PRIORITY_CRITERIA if values[n] != NOT_RATED}

        def change(section):
            ratings = {contract_id: dict(levels) for contract_id, levels in section.ratings.items()}
            known = ratings.pop(values["contract"], {})
            if merged := saved.merged(rated, shown=shown, before=shown, now=known):
                ratings[values["contract"]] = merged
            return {"ratings": ratings}

        change_choices(engagement, STAGE, change, author=author)

    return base.form(
        "Rate what the records cannot tell",
        fields,
        save,
        interactive=interactive,
        advice="What stays “not known” is taken from the records, or counts as anything from 0 to 4.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
        shows=("contract", given),
    )


def confirm_key_contracts(engagement, ranking, *, interactive):
    """Ask which contracts are key; Save writes choices.yaml, which the next notebook reads."""
    now = load_choices(engagement).assessment
    rows = ranking.rows.head(2 * assessment.TOP)
    chosen = now.key_contracts or tuple(ranking.first_five["contract_id"])
    options = _contracts(rows)
    listed = {value for _, value in options}
    options += [(value, value) for value in now.key_contracts if value not in listed]
    ticks = base.several("Key contracts", options, chosen)
    draft = Draft(engagement, STAGE, {"key_contracts": list(ticks.value)})
    return base.form(
        "Which contracts do we work on?",
        {"key_contracts": ticks},
        lambda values, author: draft.save({"key_contracts": list(values["key_contracts"])}, author=author),
        interactive=interactive and bool(options),
        advice="The first five are ticked to begin with. Fewer is better than more.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
    )


def improvement_plan(engagement, practice, *, interactive):
    """Ask for a step with its owner and date, or change one; Save writes choices.yaml."""
    if not interactive:
        return None
    now = load_choices(engagement).assessment
    new = "a new step"
    which = base.choice("Step", [(new, ""), *((s.step, s.step) for s in now.plan)], "")
    questions = [("none", ""), *((f"{i.question.id} {i.question.question}", i.question.id) for i in practice.items)]
    fields = {
        "which": which,
        "step": base.long_text("What is done", rows=2),
        "owner": base.text("Owner"),
        "due": base.date("By"),
        "question": base.choice("Question whose level it should raise", questions, ""),
        "status": base.radio("Status", vocabulary.STEP_STATUSES, "open"),
    }

    shown = {}  # the step that is chosen, as it is saved; empty for a new one

    def known(words, _):
        step = next((s for s in load_choices(engagement).assessment.plan if s.step == words), None)
        shown.clear()
        shown.update(_step(step) if step else {})
        if not step:
            return {"step": "", "owner": "", "due": None, "question": "", "status": "open"}
        asked = step.question if step.question in [value for _, value in questions] else ""
        return {"step": step.step, "owner": step.owner, "due": step.due, "question": asked, "status": step.status}

    def save(values, author):
        if not (values["step"].strip() and values["owner"].strip() and values["due"]):
            raise EngagementError("A step needs words, an owner and a date.", fix="Fill in all three, then save.")
        step = {k: values[k].strip() for k in ("step", "owner", "question", "status")}
        step["due"] = values["due"].isoformat()
        # The same words again are the same step.
        same = values["which"] or step["step"]
        steps = []

        def change(section):
            steps[:] = [_step(s) for s in section.plan]
            place = next((k for k, s in enumerate(steps) if s["step"] == same), len(steps))
            kept = steps[place] if place < len(steps) and shown else shown
            steps[place : place + 1] = [saved.merged(step, shown=shown, before=shown, now=kept)]
            return {"plan": steps}

        change_choices(engagement, STAGE, change, author=author)
        which.options = base.options_of([(new, ""), *((s["step"], s["step"]) for s in steps)])
        which.value = ""

    return base.form(
        "Improvement plan",
        fields,
        save,
        interactive=interactive,
        advice="Few steps, each with one owner and one date.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
        shows=("which", known),
    )


def _step(step):
    return {k: getattr(step, k) for k in ("step", "owner", "question", "status")} | {"due": step.due.isoformat()}


def contract_coding(engagement, result, *, interactive):
    """Ask what a contract says, for the ten indicators that need a reader; Save writes contract_coding.csv."""
    if not interactive:
        return None
    rows = result.ranking.rows
    second = [i for i in result.coding.second if i not in result.coding.read_twice]
    contract = base.text("Contract number")
    if len(rows):
        contract = base.choice("Contract", _contracts(rows), rows["contract_id"].iloc[0])
    fields = {
        "contract_id": contract,
        "is_key": base.radio("Is it a key contract?", (("yes", "yes"), ("no", "no")), "yes"),
        "goal_text": base.long_text("Outcome goal, in the contract's words (empty when it has none)", rows=2),
        "metrics": base.text("Outcome metrics with definition, baseline and target (separated by ;)"),
        "metric_id": base.text("All metrics in the contract (separated by ;)"),
        "last_data_date": base.date("Day performance data last arrived"),
        "incentive_flag": base.radio("A bonus, holdback, outcome fee or renewal tied to results?", ("no", "yes"), "no"),
        "at_risk_amount": base.number("Amount that depends on results", 0, 0, 1e12),
        "meeting_date": base.date("Last documented review of data with the vendor"),
        "decision_id": base.text("Renewal, award or expansion decided in the last year"),
        "review_doc": base.text("Written review of past performance behind that decision"),
        "service_group": base.text("Service group (contracts for the same service share a word)"),
        "goal_link": base.integer("How closely it serves a goal of the city (0 to 4)", 2, 0, 4),
    }

    shown = {}

    def save(values, author):
        row = {name: _entered(value) for name, value in values.items()}
        if not row["contract_id"]:
            raise EngagementError("The contract number is missing.", fix="Type it as the register writes it.")

        def change(rows):
            # The coder may have this form open twice.
            mine = _reading(rows, row["contract_id"], author)
            now = {name: mine[name] for name in row} if mine else shown
            return [saved.merged(row, shown=shown, before=shown, now=now) | {"coder": author}]

        saved.change_rows(engagement.folder / _CODING_FILE, change, author=author)

    empty = {name: field.value for name, field in fields.items() if field is not contract}

    def read_before(contract_id, coder):
        """The coder's own reading and nobody else's: a second person reads without looking at the first."""
        mine = _reading(saved.read_rows(engagement.folder / _CODING_FILE), contract_id, coder)
        shown.clear()
        if not mine:
            return empty
        given = {name: mine[name] for name in empty}
        shown.update(given | {"contract_id": contract_id})
        for name in ("last_data_date", "meeting_date"):
            given[name] = periods.day_of(given[name])
        for name in ("is_key", "incentive_flag"):
            given[name] = given[name] if given[name] in ("yes", "no") else empty[name]
        return given

    advice = "About ten minutes a contract. Your name is kept as the coder's."
    if second:
        advice += f" A second person should read, without looking at the first reading: {', '.join(second)}."
    return base.form(
        "What does the contract say?",
        fields,
        save,
        interactive=interactive,
        advice=advice,
        # A number that is typed may come last, and must not empty the fields above it.
        shows=("contract_id", read_before) if len(rows) else None,
    )


def _reading(rows, contract_id, coder):
    """The newest reading of a contract by a coder, with every column; empty when there is none."""
    mine = [row for row in rows if coder and (row["contract_id"], row["coder"]) == (contract_id, coder)]
    return dict.fromkeys(vocabulary.ENTRY_FILES[_CODING_FILE].columns, "") | mine[-1] if mine else {}


def _entered(value):
    """A value as a CSV of ours holds it."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    return base.plain(value) if isinstance(value, float) else "" if value is None else str(value)


def _contracts(rows):
    return [
        (row.contract_id if formats.missing(row.title) else f"{row.contract_id} {row.title}", row.contract_id)
        for row in rows.itertuples()
    ]
