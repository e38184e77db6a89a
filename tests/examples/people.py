"""What the people of an invented city fill in: the questionnaire, and ratings of metrics."""

from exports import write_rows


def answers(rng, questions, respondents, level, *, round_, day, levels=None, evidence_gaps=(), unknown=0.05):
    """One row a respondent and question.

    ``levels`` maps (question, role) to the level that role gives; ``level`` maps an activity to the usual level.
    """
    rows = []
    for respondent, role in respondents:
        for question in questions:
            usual = (levels or {}).get((question["id"], role))
            fixed = usual is not None
            usual = usual if fixed else level[question["activity"][0]]
            draw = rng.random()
            if not fixed and draw < unknown:
                answer = "not known"
            elif not fixed and draw < unknown + 0.02:
                answer = "not applicable"
            else:
                step = 0 if fixed else int(rng.choice([-1, 0, 0, 0]))
                answer = str(min(4, max(0, usual + step)))
            shown = answer in "34" and role != "vendor" and question["id"] not in evidence_gaps
            rows.append(
                {
                    "round": round_,
                    "respondent": respondent,
                    "role": role,
                    "question": question["id"],
                    "answer": answer,
                    "evidence": f"Seen: {question['evidence_to_show']}" if shown else "",
                    "comment": "",
                    "author": respondent,
                    "time": f"{day}T10:{rng.integers(60):02d}:00+00:00",
                }
            )
    return rows


STAFF = ("procurement", "department", "finance", "leadership", "legal")
TESTS = (
    "relevant",
    "no perverse incentive",
    "attributable",
    "well defined",
    "timely",
    "reliable",
    "comparable",
    "verifiable",
    "cost proportionate",
    "fair",
)


def stamped(rows, author, day):
    return [row | {"author": author, "time": f"{day}T09:{k % 60:02d}:00+00:00"} for k, row in enumerate(rows)]


def metric_ratings(rng, contract_id, metrics, low):
    """Two raters, ten tests; ``low`` maps (metric, test) to the score that both gave."""
    return [
        {
            "contract_id": contract_id,
            "metric_id": metric,
            "rater": rater,
            "test": test,
            "score": low.get((metric, test), int(rng.choice([1, 2, 2, 2]))),
            "comment": "",
        }
        for metric in metrics
        for rater in ("Advisor A", "Program manager")
        for test in TESTS
    ]


def asked(questions, role):
    """Vendors are asked what concerns them, the others everything."""
    return [q for q in questions if role != "vendor" or "vendor" in (q["respondent_role"], q["secondary_role"])]


def questionnaire(path, rng, questions, rounds, *, evidence_gaps):
    """Write the answers of rounds, each ``(round, day, respondents, usual levels, levels by question and role)``."""
    rows = []
    for round_, day, respondents, usual, levels in rounds:
        for respondent in respondents:
            rows += answers(
                rng,
                asked(questions, respondent[1]),
                [respondent],
                usual,
                round_=round_,
                day=day,
                levels=levels,
                evidence_gaps=evidence_gaps,
            )
    write_rows(path, rows)


def agreed(question, level, **others):
    """The level that every role in the city gives a question, but for those named."""
    return {(question, role): level for role in STAFF} | {(question, role): own for role, own in others.items()}


def rated(path, rng, contract_id, metrics, low, *, author, day):
    """Write the ratings of metrics."""
    write_rows(path, stamped(metric_ratings(rng, contract_id, metrics, low), author, day))
