"""Findings: one for a kind and column, the gravest first."""

from rdclib.checks import Finding, in_order, together


def finding(severity="warning", file="a.csv", row=2, column="end_date", value="x", count=1, what="w", done="d"):
    return Finding(severity, "contracts", file, row, column, value, count, what, done)


def test_findings_of_one_kind_and_column_are_one_with_their_count_and_three_examples():
    many = [
        finding(file=f"{name}.csv", row=i, value=v, count=2)
        for i, (name, v) in enumerate(zip("abc", ("x | y", "z", "q"), strict=True))
    ]

    [one] = together(many)

    assert (one.count, one.value, one.file, one.row) == (6, "x | y | z", "a.csv and 2 more", 0)


def test_other_columns_and_kinds_stay_apart_and_errors_come_first():
    found = together(
        [finding(), finding(column="start_date"), finding(severity="note"), finding(severity="error", what="e")]
    )

    assert [f.severity for f in found] == ["error", "warning", "warning", "note"]
    assert in_order(reversed(found)) == found


def test_a_finding_is_plain_values_in_the_order_that_the_check_prints():
    assert list(finding().as_dict()) == ["severity", "table", "file", "row", "column", "value", "count", "what", "done"]
