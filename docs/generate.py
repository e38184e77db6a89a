"""Writes the reference pages that come from the catalogue and the code.

Nothing on these pages is typed by hand: definitions, thresholds and sources are read from ``data/catalogue``, worked
examples are computed from the invented example cities, and commands come from the command line itself.
"""

import importlib
import inspect
from pathlib import Path

from rdclib import formats, schemas
from rdclib.catalogue import load_indicators, load_metrics, load_questions
from rdclib.engagement import load_engagement
from rdclib.indicators import compute_all
from rdclib.records import load_records

CITIES = ("riverbend", "ostermoor", "quillhaven")
NOT_COMPUTED = "No example city has the data for this indicator."


def write(folder: Path) -> None:
    """Write all generated pages into a folder; unchanged pages are left alone, so that a second build is fast.

    Parameters
    ----------
    folder : Path
    """
    pages = {
        **indicator_pages(),
        **metric_pages(),
        "questionnaire.md": questionnaire_page(),
        "commands.md": commands_page(),
        "file-formats.md": file_formats_page(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.rglob("*.md"):
        if str(old.relative_to(folder)) not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


# --- indicators ---


def indicator_pages():
    """One page for each indicator and an index by group."""
    examples = {city: _results(city) for city in CITIES}
    groups, pages = {}, {}
    for indicator in load_indicators():
        groups.setdefault(indicator.group, []).append(indicator)
        pages[f"indicators/{indicator.id}.md"] = _indicator_page(indicator, examples)
    lines = [
        "# Indicators",
        "",
        "An indicator describes how procurement works. It is computed from the city's records.",
    ]
    for group, members in groups.items():
        lines += [
            "",
            f"## {group.replace('_', ' ').capitalize()}",
            "",
            "| indicator | unit | threshold |",
            "|---|---|---|",
        ]
        lines += [
            f"| [{one.id} {_cell(one.name)}]({one.id}.md) | {one.unit} | {_cell(_threshold(one))} |" for one in members
        ]
    members = "\n".join(indicator.id for indicator in load_indicators())
    lines += ["", f"```{{toctree}}\n:hidden:\n\n{members}\n```"]
    return {"indicators/index.md": _page(lines), **pages}


def _results(city):
    engagement = load_engagement(city)
    records = load_records(engagement)
    return engagement, records, compute_all(records)


def _indicator_page(indicator, examples):
    module, name = indicator.function.split(".")
    method = inspect.getdoc(getattr(importlib.import_module(f"rdclib.indicators.{module}"), name)) or ""
    lines = [
        f"# {indicator.id} {indicator.name}",
        "",
        f"**Method.** {_sentence(indicator.formula)}",
        "",
        _sentence(method.splitlines()[0].partition(": ")[2] or method.splitlines()[0]),
        "",
        f"**Which records belong to a period.** {_sentence(indicator.period_by)}",
        "",
        f"**Needs.** {_fields(indicator.required_fields)}",
        "",
        f"**Fewest records.** {indicator.minimum_n}",
        "",
        f"**Threshold.** {_threshold(indicator)}",
        "",
    ]
    if indicator.caveat:
        lines += [f"**Read with care.** {_sentence(indicator.caveat)}", ""]
    lines += ["## Worked example", "", *_example(indicator, examples), ""]
    standard = [
        part
        for part in (_join("OCDS fields", indicator.ocds_fields), _join("Related OCP indicators", indicator.ocp_codes))
        if part
    ]
    lines += ["## Source", "", _sentence(indicator.source), "", *standard]
    return _page(lines)


def _example(indicator, examples):
    for city, (engagement, _, results) in examples.items():
        result = results[indicator.id]
        if not result.computed:
            continue
        value = _value(result, result.value, engagement)
        text = f"{city.capitalize()}, an invented city, {engagement.period.label}: **{value}**"
        if result.low == result.low and result.high == result.high:
            text += (
                f" (95% interval {_value(result, result.low, engagement)} to {_value(result, result.high, engagement)})"
            )
        hits = f"{result.hits:,} of " if result.hits is not None else ""
        lines = [f"{text}, from {hits}{formats.plural(result.n, 'record')} that count."]
        left = result.left_out[result.left_out > 0]
        if len(left):
            lines += ["", "| left out because | records |", "|---|---|"]
            lines += [f"| {_cell(str(reason))} | {count:,} |" for reason, count in left.items()]
        return lines
    return [NOT_COMPUTED]


def _value(result, value, engagement):
    if result.kind == "money":
        return formats.money(value, engagement.facts.currency)
    text = getattr(formats, result.kind)(value)
    return text


def _threshold(indicator):
    if indicator.threshold in ("", "none"):
        return "None. The value describes the city; it is not judged."
    return _sentence(
        f"{indicator.threshold} ({indicator.threshold_basis})" if indicator.threshold_basis else indicator.threshold
    )


def _fields(fields):
    words = []
    for field in fields:
        words.append(" or ".join(f"`{one}`" for one in field.split("|")))
    return ", ".join(words) + "." if words else "Nothing beyond the records themselves."


# --- metrics, questionnaire, commands, files ---


def metric_pages():
    """One page for each domain of metrics and an index."""
    domains = {}
    for metric in load_metrics():
        domains.setdefault(metric.domain, []).append(metric)
    pages = {}
    for domain, members in domains.items():
        lines = [f"# {domain.replace('_', ' ').capitalize()}"]
        for one in members:
            lines += ["", f"## {one.id} {one.name}", "", _sentence(one.definition), ""]
            facts = {
                "Numerator": one.numerator,
                "Denominator": one.denominator,
                "Unit": one.unit,
                "Layer": one.layer,
                "Better when": one.direction,
                "Reported": one.cadence,
                "Data source": one.data_source,
                "How it can be gamed": one.gaming_risk,
                "Guardrails": ", ".join(one.guardrail_ids),
                "Benchmark": " ".join(part for part in (one.benchmark_value, one.benchmark_note) if part),
                "Source": one.source,
            }
            lines += [f"- {name}: {_cell(value)}" for name, value in facts.items() if value]
        pages[f"metrics/{domain}.md"] = _page(lines)
    lines = [
        "# Metrics",
        "",
        "A metric is a result that a city tracks on a contract.",
        "",
        "| service | metrics |",
        "|---|---|",
    ]
    lines += [f"| [{d.replace('_', ' ').capitalize()}]({d}.md) | {len(m)} |" for d, m in domains.items()]
    members = "\n".join(domains)
    return {"metrics/index.md": _page([*lines, "", f"```{{toctree}}\n:hidden:\n\n{members}\n```"]), **pages}


def questionnaire_page():
    """The practice questionnaire with its five levels."""
    lines = ["# Practice questionnaire", "", "Each question has five levels, from 0 (absent) to 4 (routine)."]
    activity = None
    for one in load_questions():
        if one.activity != activity:
            activity = one.activity
            lines += ["", f"## {activity}"]
        lines += ["", f"### {one.id} {one.title}", "", one.question, ""]
        lines += [f"- **{level}** {_cell(text)}" for level, text in enumerate(one.levels)]
        lines += [
            "",
            f"Evidence to show: {_cell(one.evidence_to_show)}.",
            f"Indicators that should agree: {', '.join(one.indicators) or 'none'}.",
        ]
    return _page(lines)


def commands_page():
    """Every command with its arguments and options, from the command itself."""
    import typer

    from rdclib.__main__ import app

    group = typer.main.get_command(app)
    lines = ["# Commands", "", "Type `rdc --help` to see this list in a terminal."]
    for name, command in group.commands.items():
        lines += ["", f"## rdc {name}", "", command.help or "", ""]
        for parameter in command.params:
            label = ", ".join(
                f"`{word}`" for word in getattr(parameter, "opts", [parameter.name]) if word.startswith("-")
            )
            label = label or f"`{(parameter.metavar or parameter.name).upper()}`"
            help_text = getattr(parameter, "help", "") or ""
            if help_text:
                lines += [f"- {label}: {help_text}"]
    return _page(lines)


def file_formats_page():
    """Tables and columns that the suite reads."""
    lines = [
        "# Tables and columns",
        "",
        "A city's files become these tables. A column that a city does not have stays empty.",
    ]
    for name, schema in schemas.TABLES.items():
        lines += [
            "",
            f"## {schema.title} (`{name}`)",
            "",
            schema.description,
            "",
            "| column | meaning | kind | OCDS |",
            "|---|---|---|---|",
        ]
        for column, field in schema.columns.items():
            meaning = _cell(f"{field.title}. {field.description}")
            kind = field.metadata["kind"].replace("_", " or ")
            lines.append(f"| `{column}` | {meaning} | {kind} | {_cell(field.metadata['ocds'])} |")
    return _page(lines)


# --- words ---


def _page(lines):
    return "\n".join(lines).strip() + "\n"


def _cell(text):
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("$", "\\$")


def _sentence(text):
    text = _cell(text)
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?")) else text + "."


def _join(label, words):
    return f"{label}: {', '.join(f'`{word}`' for word in words)}." if words else ""
