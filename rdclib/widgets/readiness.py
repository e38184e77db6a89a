"""Forms of data readiness: headings that we ask about, and vendors that may be one."""

from rdclib import saved, schemas
from rdclib.errors import EngagementError
from rdclib.records import MERGES, load_merges
from rdclib.widgets import base

_NONE_OF_OURS = "none of our columns"
_SHOWN = 25  # pairs of vendors in one form; the next ones come when these are decided


def column_map(engagement, readiness, *, interactive):
    """Ask which of our columns a heading is; Save writes the map in engagement.yaml.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement
    readiness : rdclib.readiness.Readiness
    interactive : bool
    """
    asked = [
        (table, heading, candidates)
        for table, intake in readiness.intakes.items()
        for heading, candidates in intake.asked
    ]
    fields = {}
    for table, heading, candidates in asked:
        options = [(_NONE_OF_OURS, ""), *((schemas.TABLES[table].columns[name].title, name) for name in candidates)]
        fields[table, heading] = base.choice(f"{heading} ({schemas.TABLES[table].title})", options, "")

    def save(values, author):
        path = engagement.folder / "engagement.yaml"
        files = saved.read_yaml(path).get("files", {})
        for table in dict.fromkeys(table for table, _ in values):
            chosen = {heading: column for (name, heading), column in values.items() if name == table and column}
            taken = [column for column in chosen.values() if list(chosen.values()).count(column) > 1]
            if taken:
                title = schemas.TABLES[table].columns[taken[0]].title
                raise EngagementError(
                    f"Two headings are given as '{title}'.", fix="Choose the one that holds it, then save again."
                )
            if chosen:
                columns = dict(files.get(table, {}).get("columns") or {})
                saved.update_yaml(path, ("files", table, "columns"), columns | chosen, author=author)

    advice = "Ask somebody who knows the file. A heading is used only when it is decided here; run the notebook again."
    return base.form("Which column is it?", fields, save, interactive=interactive and bool(asked), advice=advice)


def vendor_merges(engagement, pairs, *, interactive):
    """Ask which vendors are one; Save adds to vendor_merges.csv, and unticking takes a merge back.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement
    pairs : DataFrame
        As `rdclib.readiness.duplicate_vendors` gives it.
    interactive : bool
    """
    shown = list(pairs.head(_SHOWN).itertuples())
    known = {row["vendor_id"]: row for row in _rows(engagement)}
    confirmed = [key for key in load_merges(engagement) if key in known]
    proposals = [(f"{row.name} = {row.other} ({row.score:.0f}% alike)", str(row.Index)) for row in shown]
    before = [(f"{known[key]['vendor_name']} = {known[key]['into_name']}", key) for key in confirmed]
    fields = {
        "same": base.several("These are one vendor", proposals),
        "kept": base.several("Confirmed before (untick to take back)", before, tuple(confirmed)),
    }

    def save(values, author):
        rows = []
        for row in shown:
            if str(row.Index) in values["same"]:
                # The spelling with more lines gives its name.
                into, other = (row.name_id, row.name), (row.other_id, row.other)
                if row.other_rows > row.rows:
                    into, other = other, into
                rows.append(dict(zip(MERGES, (*other, *into, "same"), strict=True)))
        rows += [known[key] | {"decision": "apart"} for key in confirmed if key not in values["kept"]]
        saved.append_rows(
            engagement.folder / "vendor_merges.csv",
            [{name: row[name] for name in MERGES} for row in rows],
            columns=MERGES,
            author=author,
        )

    advice = "Tick only what somebody who knows the vendors confirms. Nothing is changed in the city's files."
    return base.form("Which vendors are one?", fields, save, interactive=interactive, advice=advice)


def _rows(engagement):
    return saved.newest(saved.read_rows(engagement.folder / "vendor_merges.csv"), ("vendor_id",))
