"""Which type of contract, and which payment for results: decision tables kept as data, answers with their reasons.

The rules are rows of data/catalogue/contract_types.csv and payment_rules.csv, their inputs rows of
contract_inputs.csv. A condition is terms joined by ``and`` and ``or`` (``and`` binds first): ``urgent``,
``not baseline``, ``scope = 3``, ``events >= 30``; ``otherwise`` is always true. The first row that is true fires.
"""

import operator
import re
from dataclasses import dataclass

from rdclib.catalogue import load_table
from rdclib.errors import CatalogueError, EngagementError

RATING = range(1, 4)

_TERM = re.compile(r"(not )?([a-z_]+)|([a-z_]+) (=|<=|>=|<|>) (\d+(?:\.\d+)?)")
_COMPARE = {"=": operator.eq, "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Input:
    """A question of contract_inputs.csv with its answer."""

    id: str
    label: str
    kind: str  # rating (1 to 3), number, share (0 to 1) or flag
    value: float  # flags are 1 and 0
    answered: bool  # False: the cautious value was taken


@dataclass(frozen=True)
class Term:
    """One part of a condition, such as ``events >= 30``."""

    input: str
    compare: str
    wanted: float

    def met(self, values):
        """Tell whether the term is true for values by input id."""
        return bool(_COMPARE[self.compare](values[self.input], self.wanted))


@dataclass(frozen=True)
class Rule:
    """A row of a decision table."""

    id: str
    name: str
    clauses: tuple  # true when every term of one clause is true; no clause at all means otherwise
    row: dict

    def met(self, values):
        """Tell whether the rule's condition is true."""
        return not self.clauses or any(all(term.met(values) for term in clause) for clause in self.clauses)

    def failed(self, values):
        """What keeps the rule from being true: for each clause its terms that are not met; empty when it is true."""
        if self.met(values):
            return ()
        return tuple(tuple(term for term in clause if not term.met(values)) for clause in self.clauses)

    def fulfilled(self, values):
        """Terms of every clause that is true."""
        return tuple(t for clause in self.clauses if all(t.met(values) for t in clause) for t in clause)


@dataclass(frozen=True)
class Neighbour:
    """Why another rule of the table was not chosen."""

    rule: Rule
    failed: tuple  # clauses of terms, any of which would do; empty when the rule is true but stands further down


@dataclass(frozen=True)
class Change:
    """One answer that, changed alone, leads to another rule."""

    input: Input
    side: str  # "", "at least", "at most", "fewer than" or "more than" the value
    value: float
    rule: Rule


@dataclass(frozen=True)
class Decision:
    """The rule of one table that fired, and its surroundings."""

    rule: Rule
    because: tuple  # of Term
    neighbours: tuple  # of Neighbour, in the table's order
    changes: tuple  # of Change


@dataclass(frozen=True)
class Recommendation:
    """Contract type, payment for results and add-ons, with everything that led to them."""

    inputs: tuple  # of Input, in the catalogue's order
    contract_type: Decision
    payment: Decision
    add_ons: tuple  # of (Rule, terms that hold)
    warnings: tuple  # of Rule

    @property
    def unanswered(self):
        """Inputs that nobody answered."""
        return tuple(i for i in self.inputs if not i.answered)

    @property
    def is_advice(self):
        """True when the table names no contract type and advises to wait."""
        return not self.contract_type.rule.row["contract_type"]

    def input(self, name):
        """One input by its id."""
        return next(i for i in self.inputs if i.id == name)


@dataclass(frozen=True)
class Requirement:
    """One thing that pay for success needs."""

    rule: Rule
    met: bool
    answered: bool


@dataclass(frozen=True)
class Feasibility:
    """Whether pay for success, with or without investors, is worth exploring."""

    verdict: str  # "worth exploring", "not yet" or "not for this service"
    bond_verdict: str  # the same for a social impact bond
    requirements: tuple  # of Requirement
    bond_requirements: tuple


def load_rules(name, table=""):
    """Read the rules of a catalogue file.

    Parameters
    ----------
    name : str
        ``contract_types`` or ``payment_rules``.
    table : str
        Only rules whose column ``table`` says so.

    Returns
    -------
    tuple of Rule
        In the order in which they are tried.

    Raises
    ------
    CatalogueError
        When a condition cannot be read or names an unknown input.
    """
    rows = [row for row in load_table(name) if not table or row["table"] == table]
    known = {row["id"] for row in load_table("contract_inputs")}
    rules = [
        Rule(row["id"], row["name"], parse(row["condition"], known, f"{name}.csv, {row['id']}"), row)
        for row in sorted(rows, key=lambda row: int(row["order"]))
    ]
    return tuple(rules)


def parse(condition, known, where):
    """Read a condition into clauses of terms.

    Parameters
    ----------
    condition : str
    known : set of str
        Ids of inputs.
    where : str
        File and rule, for the message.
    """
    if condition.strip() == "otherwise":
        return ()
    clauses = []
    for clause in condition.split(" or "):
        terms = []
        for text in clause.split(" and "):
            found = _TERM.fullmatch(text.strip())
            if not found:
                raise CatalogueError(
                    f"{where}: '{text.strip()}' is no condition.",
                    fix="Write it like  scope = 3,  events >= 30,  urgent  or  not baseline.",
                )
            refused, flag, name, compare, number = found.groups()
            if (flag or name) not in known:
                raise CatalogueError(
                    f"{where}: the condition names '{flag or name}', which is not in contract_inputs.csv.",
                    fix=f"Known inputs: {', '.join(sorted(known))}.",
                )
            terms.append(Term(flag, "=", 0.0 if refused else 1.0) if flag else Term(name, compare, float(number)))
        clauses.append(tuple(terms))
    return tuple(clauses)


def read_inputs(answers):
    """Set answers beside the catalogue's questions; what nobody answered takes its cautious value.

    Parameters
    ----------
    answers : mapping
        Input id to a rating (1 to 3), a number, a share or yes/no; None or "" is no answer.

    Returns
    -------
    tuple of Input

    Raises
    ------
    EngagementError
        When an id is unknown or a value is out of its range.
    """
    rows = load_table("contract_inputs")
    known = [row["id"] for row in rows]
    if unknown := [name for name in answers if name not in known]:
        raise EngagementError(
            f"'{unknown[0]}' is no question about the contract type.", fix=f"Known questions: {', '.join(known)}."
        )
    inputs = []
    for row in rows:
        given = answers.get(row["id"])
        answered = given is not None and given != ""
        value = _number(row, given if answered else row["if_unanswered"])
        inputs.append(Input(row["id"], row["label"], row["kind"], value, answered))
    return tuple(inputs)


def _number(row, given):
    kind = row["kind"]
    words = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
    value = words.get(str(given).lower()) if kind == "flag" else None
    if kind != "flag":
        try:
            value = float(given)
        except (TypeError, ValueError):
            value = None
    fits = {
        "flag": lambda v: True,
        "rating": lambda v: v in RATING,
        "number": lambda v: v >= 0,
        "share": lambda v: 0 <= v <= 1,
    }[kind]
    if value is None or not fits(value):
        wanted = {"flag": "yes or no", "rating": "1, 2 or 3", "number": "a number from 0", "share": "a share, 0 to 1"}
        raise EngagementError(
            f"The answer to '{row['label']}' is '{str(given)[:40]}'.", fix=f"Give {wanted[kind]}, or leave it empty."
        )
    return value


def recommend(answers):
    """Recommend a contract type and a payment for results, with reasons.

    Parameters
    ----------
    answers : mapping
        As for `read_inputs`.

    Returns
    -------
    Recommendation
    """
    inputs = read_inputs(answers)
    values = {i.id: i.value for i in inputs}
    return Recommendation(
        inputs=inputs,
        contract_type=_decide(load_rules("contract_types"), inputs),
        payment=_decide(load_rules("payment_rules", "overlay"), inputs),
        add_ons=tuple((r, r.fulfilled(values)) for r in load_rules("payment_rules", "add-on") if r.met(values)),
        warnings=tuple(r for r in load_rules("payment_rules", "warning") if r.met(values)),
    )


def _decide(rules, inputs):
    values = {i.id: i.value for i in inputs}
    fired = next(rule for rule in rules if rule.met(values))
    return Decision(
        rule=fired,
        because=fired.fulfilled(values),
        neighbours=tuple(Neighbour(r, r.failed(values)) for r in rules if r is not fired),
        changes=tuple(_changes(rules, inputs, fired)),
    )


def _changes(rules, inputs, fired):
    """Every single answer that leads to another rule; for each rule and input the nearest such answer."""
    values = {i.id: i.value for i in inputs}
    for one in inputs:
        reached = set()
        for tried, side, value in sorted(_options(rules, one), key=lambda option: abs(option[0] - one.value)):
            rule = next(rule for rule in rules if rule.met({**values, one.id: tried}))
            if rule is not fired and rule.id not in reached:
                reached.add(rule.id)
                yield Change(one, side, value, rule)


def _options(rules, one):
    """Other answers worth trying, as (value to try, side, value to name): all ratings, the other flag, thresholds."""
    if one.kind == "rating":
        return {(float(v), "", float(v)) for v in RATING if v != one.value}
    if one.kind == "flag":
        return {(1.0 - one.value, "", 1.0 - one.value)}
    step = 1.0 if one.kind == "number" else 0.01
    options = set()
    for term in (t for rule in rules for clause in rule.clauses for t in clause if t.input == one.id):
        wanted = term.wanted
        if term.compare in (">=", "<"):
            options.add((wanted, "at least", wanted) if one.value < wanted else (wanted - step, "fewer than", wanted))
        else:
            options.add((wanted, "at most", wanted) if one.value > wanted else (wanted + step, "more than", wanted))
    return options


def feasibility(answers):
    """Check whether pay for success, and a social impact bond on top of it, is worth exploring.

    Parameters
    ----------
    answers : mapping
        As for `read_inputs`.

    Returns
    -------
    Feasibility
        *Not for this service* when a requirement is answered with no (or too low); *not yet* while some are
        unanswered; *worth exploring* when all are met.
    """
    inputs = read_inputs(answers)
    plain = _requirements("pay for success", inputs)
    bond = _requirements("social impact bond", inputs)
    return Feasibility(_verdict(plain), _verdict(plain + bond), plain, bond)


def _requirements(table, inputs):
    values = {i.id: i.value for i in inputs}
    answered = {i.id: i.answered for i in inputs}
    return tuple(
        Requirement(rule, rule.met(values), all(answered[term.input] for clause in rule.clauses for term in clause))
        for rule in load_rules("payment_rules", table)
    )


def _verdict(requirements):
    if any(not r.met and r.answered for r in requirements):
        return "not for this service"
    return "worth exploring" if all(r.met for r in requirements) else "not yet"
