"""Forms of data readiness: headings and notations that we ask about, vendors that may be one, links of payments."""

from rdclib import saved, schemas
from rdclib.engagement import Draft, load_choices
from rdclib.errors import EngagementError
from rdclib.readiness import called, left_open
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

    def change(data, values):
        files, decided = data.get("files") or {}, {}
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
                decided["files", table, "columns"] = columns | chosen
        if not decided:
            raise EngagementError(
                "No heading is given a column.", fix="What is none of ours is not used; the form may stay as it is."
            )
        return decided

    def save(values, author):
        path = engagement.folder / "engagement.yaml"
        saved.change_together(path, lambda data: change(data, values), author=author)

    advice = "Ask somebody who knows the file. A heading is used only when it is decided here; run the notebook again."
    return base.form("Which column is it?", fields, save, interactive=interactive and bool(asked), advice=advice)


_ORDERS = [("cannot say yet", ""), ("3/4 is 3 April", "day-first"), ("3/4 is March 4", "month-first")]
_MARKS = [("cannot say yet", ""), ("1.234 is a bit more than one", "."), ("1.234 is more than a thousand", ",")]


def notations(engagement, readiness, *, interactive):
    """Ask how days and amounts are written where the files cannot tell, and whether a file that came twice is two.

    Save writes ``date_order``, ``decimal`` and ``confirmed`` in engagement.yaml.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement
    readiness : rdclib.readiness.Readiness
    interactive : bool
    """
    fields, twice = {}, {}
    for table, key, finding in left_open(readiness):
        title = schemas.TABLES[table].title
        if key == "confirmed":
            twice.setdefault(table, []).append(finding.file.split(" [")[0])
        else:
            label = f"{title}, such as {finding.value}" if finding.value else title
            fields[table, key] = base.choice(label, _ORDERS if key == "date_order" else _MARKS, "")
    for table, files in twice.items():
        label = f"{schemas.TABLES[table].title}: right, though another file holds the same"
        fields[table, "confirmed"] = base.several(label, [(file, file) for file in dict.fromkeys(files)])

    def change(data, values):
        files, decided = data.get("files") or {}, {}
        for (table, key), value in values.items():
            if key == "confirmed" and value:
                value = [*dict.fromkeys((*(files.get(table, {}).get("confirmed") or ()), *value))]
            if value:
                decided["files", table, key] = value
        if not decided:
            raise EngagementError(
                "No answer is chosen.", fix="Choose where somebody is sure; what stays open is not used."
            )
        return decided

    def save(values, author):
        path = engagement.folder / "engagement.yaml"
        saved.change_together(path, lambda data: change(data, values), author=author)

    advice = "Ask somebody who knows the system that wrote the file; then run the notebook again."
    return base.form("How is it written?", fields, save, interactive=interactive and bool(fields), advice=advice)


def payment_links(engagement, links, *, interactive):
    """Ask which vendors' payments belong to their one contract; Save writes choices.yaml, unticking takes it back.

    Parameters
    ----------
    engagement : rdclib.engagement.Engagement
    links : DataFrame
        As `rdclib.readiness.payment_links` gives it.
    interactive : bool
    """
    now = load_choices(engagement).readiness
    offered = {row.vendor_id: row for row in links.itertuples()}
    options = [(f"{row.vendor}: {row.contract_id} {row.title if isinstance(row.title, str) else ''}".strip(), key)
               for key, row in offered.items()]  # fmt: skip
    before = [(f"{vendor}: {contract}", vendor) for vendor, contract in now.payment_links.items()]
    fields = {
        "same": base.several("All payments without a number are made under this contract", options),
        "kept": base.several("Confirmed before (untick to take back)", before, tuple(now.payment_links)),
    }

    draft = Draft(engagement, "readiness", {"payment_links": now.payment_links})

    def save(values, author):
        wanted = {vendor: now.payment_links[vendor] for vendor in values["kept"]}
        wanted |= {vendor: offered[vendor].contract_id for vendor in values["same"]}
        draft.save({"payment_links": wanted}, author=author)

    return base.form(
        "Under which contract is it paid?",
        fields,
        save,
        interactive=interactive and bool(options or before),
        advice="Tick only what somebody who pays these vendors confirms. Payments before its start stay out.",
        saved_by=now.saved_by,
        saved_at=now.saved_at,
    )


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
    proposals = [
        (f"{called(row.name, row.name_id)} = {called(row.other, row.other_id)} ({row.why})", str(row.Index))
        for row in shown
    ]
    before = [(f"{known[key]['vendor_name']} = {known[key]['into_name']}", key) for key in confirmed]
    fields = {
        "same": base.several("These are one vendor", proposals),
        "kept": base.several("Confirmed before (untick to take back)", before, tuple(confirmed)),
    }

    stands = {key: {name: known[key][name] for name in MERGES} for key in confirmed}  # as far as this form knows

    def save(values, author):
        wanted = {key: {name: known[key][name] for name in MERGES} for key in values["kept"]}
        for row in shown:
            if str(row.Index) in values["same"]:
                # The spelling with more lines gives its name.
                into, other = (row.name_id, row.name), (row.other_id, row.other)
                if row.other_rows > row.rows:
                    into, other = other, into
                wanted[other[0]] = dict(zip(MERGES, (*other, *into, "same"), strict=True))
        rows = [row for key, row in wanted.items() if stands.get(key) != row]
        rows += [row | {"decision": "apart"} for key, row in stands.items() if key not in wanted]
        saved.append_rows(engagement.folder / "vendor_merges.csv", rows, author=author)
        stands.clear()
        stands.update(wanted)

    advice = "Tick only what somebody who knows the vendors confirms. Nothing is changed in the city's files."
    shown_at_all = interactive and bool(proposals or before)
    return base.form("Which vendors are one?", fields, save, interactive=shown_at_all, advice=advice)


def _rows(engagement):
    return saved.newest(saved.read_rows(engagement.folder / "vendor_merges.csv"), ("vendor_id",))
