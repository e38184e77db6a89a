"""Open Contracting Data Standard: packages of every form become rows of our tables.

Field names in other modules are ours; the standard's stay here. Releases are compiled with ocdsmerge under a schema of
our own that names only how lists are merged, so nothing is downloaded.

References
----------
Open Contracting Partnership, Open Contracting Data Standard 1.1.5, reference and merging (2020).
"""

import json
from collections import Counter
from datetime import UTC, datetime

from rdclib import vocabulary

# The parts of the release schema that say how releases of one process are merged: what is left out, and which lists
# are replaced as a whole, by name and the places where they stand. All other lists of objects are matched by their ids.
LEFT_OUT = ("id", "date", "publisher", "tag", "links")
_ITEMS = ("tender/items", "awards/items", "contracts/items")
_PAID = "contracts/implementation/transactions"
_ORGANISATIONS = (
    "parties", "buyer", "tender/procuringEntity", "tender/tenderers", "awards/suppliers", f"{_PAID}/payer",
    f"{_PAID}/payee",
)  # fmt: skip
_DOCUMENTS = (
    "planning", "planning/milestones", "tender", "tender/milestones", "awards", "contracts", "contracts/milestones",
    "contracts/implementation", "contracts/implementation/milestones",
)  # fmt: skip
REPLACED = {
    "additionalIdentifiers": _ORGANISATIONS,
    "roles": ("parties",),
    "classifications": ("parties/details",),
    "additionalClassifications": ("planning/project", *_ITEMS),
    "locations": ("planning/project",),
    "languages": tuple(f"{place}/documents" for place in _DOCUMENTS),
    "relatedItems": tuple(f"{place}/documents" for place in _DOCUMENTS),
    "identifiers": ("tender", "contracts"),
    "deliveryLocations": ("tender", *_ITEMS),
    "deliveryAddresses": ("tender", *_ITEMS),
    "additionalProcurementCategories": ("tender",),
    "submissionMethod": ("tender",),
    "changes": tuple(
        f"{place}/{name}" for place in ("tender", "awards", "contracts") for name in ("amendment", "amendments")
    ),
    "relationship": ("relatedProcesses", "contracts/relatedProcesses"),
}


def merger():
    """What compiles the releases of a process: ocdsmerge under the release schema, as far as that says how to merge."""
    import ocdsmerge

    root = {}
    for name in LEFT_OUT:
        root[name] = {"omitWhenMerged": True}
    for name, places in REPLACED.items():
        for place in places:
            part = root
            for step in place.split("/"):
                # Lists and objects are walked alike.
                part = part.setdefault(step, {"type": "object", "properties": {}})["properties"]
            part[name] = {"type": "array", "wholeListMerge": True}
    return ocdsmerge.Merger({"properties": root})


DEEPEST = 2  # levels at which an interface wraps the packages or releases of its answer


def _items(value):
    """A list of objects, though some publish one object, or nothing."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _object(value):
    return value if isinstance(value, dict) else {}


def releases_of(document, depth=DEEPEST):
    """Releases (or compiled releases) inside one document of any form.

    Parameters
    ----------
    document : object
        Parsed JSON.
    depth : int
        Levels of other objects, such as the pages of an interface, in which releases are looked for.

    Returns
    -------
    list of dict
    """
    if isinstance(document, list):
        return [release for item in document for release in releases_of(item, depth)]
    if not isinstance(document, dict):
        return []
    if "records" in document and _are_releases(document["records"]):
        return [release for record in _items(document["records"]) for release in _of_record(record)]
    if "compiledRelease" in document or ("releases" in document and "ocid" in document):
        return _of_record(document)
    if "releases" in document:
        return _items(document["releases"])
    if "versionedRelease" in document:
        return [_newest(_object(document["versionedRelease"]))]
    if "ocid" in document:
        return [_newest(document) if _is_versioned(document) else document]
    inner = [value for value in document.values() if isinstance(value, dict | list)] if depth else []
    return [release for value in inner for release in releases_of(value, depth - 1)]


def _of_record(record):
    """A record's own releases; where they are only links, what it compiled itself."""
    own = [r for r in _items(record.get("releases")) if any(k in r for k in ("tender", "awards", "contracts", "buyer"))]
    if not own:
        compiled = _object(record.get("compiledRelease"))
        versioned = _object(record.get("versionedRelease"))
        own = [compiled] if compiled else [_newest(versioned)] if versioned else []
    # Inside a record, some releases leave the process's number to it.
    number = {"ocid": record["ocid"]} if record.get("ocid") else {}
    return [number | {k: v for k, v in release.items() if k != "ocid" or v} for release in own]


def _versions(value):
    """Whether a value is the list of what it was in each release, as in a versioned release."""
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) and "releaseID" in v for v in value)


def _is_versioned(release):
    """Whether a release is a versioned one, which has neither a day nor a tag of its own, but versions in its parts."""

    def holds_versions(value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return _versions(value) or any(map(holds_versions, inner))

    return not ("date" in release and "tag" in release) and holds_versions(release)


def _newest(release):
    """A versioned release as its process is now: the newest version of each value, and the day of the newest."""
    dates = []

    def now(value):
        if _versions(value):
            dates.extend(str(v.get("releaseDate") or "") for v in value)
            # Versions are in order; dates decide where they are not.
            place = max(range(len(value)), key=lambda i: (str(value[i].get("releaseDate") or ""), i))
            return value[place].get("value")
        if isinstance(value, dict):
            return {key: new for key, old in value.items() if (new := now(old)) is not None}
        if isinstance(value, list):
            return [now(item) for item in value]
        return value

    compiled = now(release)
    return compiled | {"date": compiled.get("date") or max(dates, default="")}


def is_ocds(documents, depth=DEEPEST):
    """Whether documents are releases, records, or packages of them, as they are or in the answer of an interface."""
    for document in documents[:5]:
        if isinstance(document, list):
            document = document[0] if document else {}
        if not isinstance(document, dict):
            continue
        if (
            "ocid" in document
            or ("releases" in document and ("publishedDate" in document or _are_releases(document["releases"])))
            or ("records" in document and _are_releases(document["records"]))
        ):
            return True
        inner = [value for value in document.values() if isinstance(value, dict | list)] if depth else []
        if any(is_ocds(value if isinstance(value, list) else [value], depth - 1) for value in inner):
            return True
    return False


def _are_releases(items):
    """Whether items have a process's number, or without one say what kind of release they are and hold a part of it."""
    parts = ("planning", "tender", "awards", "contracts")
    return any("ocid" in item or ("tag" in item and any(part in item for part in parts)) for item in _items(items))


def compiled(documents):
    """One compiled release a process.

    Parameters
    ----------
    documents : list
        Packages, records, releases, or lists of them.

    Returns
    -------
    list of dict
        In the order in which processes first appear; ``date`` is that of the newest release.
    """
    by_process = {}
    for document in documents:
        for release in releases_of(document):
            # A release without any number is a process of its own.
            ocid = str(release.get("ocid") or release.get("id") or f"release {len(by_process) + 1}")
            by_process.setdefault(ocid, []).append(release)
    merging = merger()
    results = []
    for ocid, releases in by_process.items():
        releases = [{**r, "date": _in_order_of_time(str(r.get("date") or ""))} for r in releases]
        # A release that lies in two packages is one; two of one id that say different things are two.
        unique = list({json.dumps(r, sort_keys=True): r for r in releases}.values())
        if len(unique) == 1:
            results.append(unique[0])
            continue
        unique = sorted((_with_ids(release) for release in unique), key=lambda r: r["date"])
        merged = _without_names(_merged(merging, unique))
        merged["ocid"], merged["date"] = ocid, unique[-1]["date"]
        results.append(merged)
    return results


def _in_order_of_time(date):
    """A moment in UTC, so that texts sort as time does; days, and what is no date, stay as they are."""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return date
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.tzinfo else date


# Fields that hold a list of objects; some publish one object in its place.
_LISTS = {
    "parties", "tenderers", "items", "documents", "milestones", "amendments", "awards", "suppliers", "contracts",
    "transactions", "lots",
}  # fmt: skip


_NAMED = "\0"  # begins the id that stands for a name while releases are merged


def _with_ids(value):
    """A release in which an organization without an id has its name for one, and a blank id is none."""
    if isinstance(value, dict):
        return {key: _with_ids(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [_with_ids(item) for item in value]
    without = [item for item in items if isinstance(item, dict) and item.get("id") in (None, "")]
    names = Counter(str(item.get("name") or "") for item in without)
    for item in without:
        item.pop("id", None)
        name = str(item.get("name") or "")
        if name and names[name] == 1:
            item["id"] = _NAMED + name
    return items


def _without_names(value):
    """What `_with_ids` made of a release, with the ids that its publisher gave."""
    if isinstance(value, dict):
        named = str(value.get("id", "")).startswith(_NAMED)
        return {key: _without_names(item) for key, item in value.items() if not (named and key == "id")}
    return [_without_names(item) for item in value] if isinstance(value, list) else value


def _with_lists(value, field=""):
    """A release in which one object where a list belongs is a list of one."""
    if isinstance(value, list):
        return [_with_lists(item) for item in value]
    if not isinstance(value, dict):
        return value
    shaped = {key: _with_lists(item, key) for key, item in value.items()}
    return [shaped] if field in _LISTS and shaped else shaped


def _merged(merging, releases):
    """Releases of one process, oldest first, as one.

    The standard matches the objects of a list by their ids. Those without one cannot be matched: a later release that
    has the list replaces them.
    """
    if not any(_lacks_ids(release) for release in releases):
        return _compile(merging, releases)
    merged = releases[0]
    for release in releases[1:]:
        kept = _without_replaced(merged, release)
        merged = _compile(merging, [kept | {"date": merged["date"]}, release])
    return merged


def _compile(merging, releases):
    """Releases under the rules of the standard, as far as their shapes allow."""
    try:
        return merging.create_compiled_release(releases)
    except Exception:  # an object in one release is something else in another
        releases = [_with_lists(release) for release in releases]
    merged = {}
    for part in dict.fromkeys(key for release in releases for key in release if key not in LEFT_OUT):
        holding = [release for release in releases if release.get(part) not in (None, "", [], {})]
        only = [{key: release[key] for key in ("ocid", "date", part) if key in release} for release in holding]
        try:
            value = merging.create_compiled_release(only).get(part) if only else None
        except Exception:
            value = holding[-1][part]  # the newest word of that part is what counts
        if value is not None:
            merged[part] = value
    return merged


def _has_id(item):
    return "id" in item and not str(item["id"]).startswith(_NAMED)


def _lacks_ids(value):
    """Whether a list anywhere in a release has an object without an id."""
    if isinstance(value, dict):
        return any(_lacks_ids(item) for item in value.values())
    if isinstance(value, list):
        return any(isinstance(item, dict) and (not _has_id(item) or _lacks_ids(item)) for item in value)
    return False


def _without_replaced(before, after):
    """What was known before, without the objects that the lists of a later release replace."""
    kept = {}
    for key, old in before.items():
        new = after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            old = _without_replaced(old, new)
        elif isinstance(old, list) and isinstance(new, list) and new and all(isinstance(i, dict) for i in (*old, *new)):
            by_id = {str(item["id"]): item for item in new if "id" in item}
            matched = any(map(_has_id, new))
            # An organization that one of them knows by an id and the other by its name stays: `tables` joins the two.
            names = {item.get("name") for item in new} - {None, ""}
            stay = [item for item in old if (_has_id(item) and matched) or item.get("name") in names]
            old = [_without_replaced(item, by_id.get(str(item.get("id")), {})) for item in stay]
        kept[key] = old
    return kept


def _value(value):
    """Amount and currency of a value; a currency without an amount says nothing."""
    value = _object(value)
    amount = value.get("amount")
    return (None, None) if amount is None else (amount, value.get("currency"))


def _total(values):
    """Sum of values, and their currency; none where they are in several, since no number is the sum of two currencies.

    Values that name no currency are in that of the others.
    """
    pairs = [(amount, currency) for amount, currency in map(_value, values) if isinstance(amount, int | float)]
    currencies = {currency for _, currency in pairs if currency}
    if not pairs or len(currencies) > 1:
        return None, None
    return sum(amount for amount, _ in pairs), next(iter(currencies), None)


def _first(*values):
    return next((v for v in values if v not in (None, "", [], {})), None)


def _number(identifier):
    """A register's number; one of zeros alone is nobody's, though several vendors may be given it."""
    number = identifier.get("id")
    return number if str(number or "").strip("0 .-") else None


def _has_number(party, identifier):
    """Whether a party has a register's number, as its own or beside that; other registers number others."""
    for own in (_object(party.get("identifier")), *_items(party.get("additionalIdentifiers"))):
        schemes = {i["scheme"] for i in (own, identifier) if i.get("scheme")}
        if str(own.get("id")) == str(identifier["id"]) and len(schemes) < 2:
            return True
    return False


def _party(reference, parties):
    """Id and name of an organisation that is referred to."""
    if isinstance(reference, str):
        return reference, parties.get(reference, {}).get("name")
    reference = _object(reference)
    identifier = _object(reference.get("identifier"))
    # Who is named by a register's number alone is the party that the process lists with that number.
    number = _number(identifier)
    listed = (key for key, party in parties.items() if number and _has_number(party, identifier))
    key = _first(reference.get("id"), next(listed, None), number)
    # Transactions of version 1.0 name an organisation by its legal name alone.
    legal = _first(identifier.get("legalName"), reference.get("legalName"))
    return key, _first(reference.get("name"), parties.get(key, {}).get("name"), legal)


def _each_once(references, parties):
    """Ids and names of organizations; merged releases repeat one whose id changed: those of one name are one."""
    named = {}
    for who, called in (_party(reference, parties) for reference in _items(references)):
        named.setdefault(_first(called, who), (who, called))
    return list(named.values())


def tables(documents):
    """Rows of our tables.

    Parameters
    ----------
    documents : list
        Parsed JSON of all files of a city together.

    Returns
    -------
    dict of str to list of dict
        Table -> rows, with our column names; values as published.
    """
    found = {t: [] for t in ("contracts", "contract_vendors", "solicitations", "bids", "amendments", "milestones")}
    found |= {"payments": [], "vendors": []}
    vendors = {}
    for release in compiled(documents):
        _release(release, found, vendors)
    found["vendors"] = list(vendors.values())
    _without_placeholders(found)
    return found


# An id without a name that bids in nearly every process of many stands for "somebody", and says nothing about
# competition. In few processes it may be one busy vendor.
_EVERYWHERE, _FEWEST = 0.9, 30


def _without_placeholders(found):
    processes = {bid["solicitation_id"] for bid in found["bids"]}
    seen = {}
    for bid in found["bids"]:
        if bid.get("bidder_id") and not bid.get("bidder_name"):
            seen.setdefault(bid.get("bidder_id"), set()).add(bid["solicitation_id"])
    nobody = {
        key for key, ids in seen.items() if len(processes) >= _FEWEST and len(ids) >= _EVERYWHERE * len(processes)
    }
    if not nobody:
        return
    left = [bid for bid in found["bids"] if bid.get("bidder_id") not in nobody or bid.get("bidder_name")]
    still = {bid["solicitation_id"] for bid in left}
    for table in ("solicitations", "contracts"):
        for row in found[table]:
            if row["solicitation_id"] in processes - still:
                row["number_of_bids"] = None
    found["bids"] = left


def _release(release, found, vendors):
    ocid = release.get("ocid")
    parties = {p.get("id"): p for p in _items(release.get("parties"))}
    tender = _object(release.get("tender"))
    planning = _object(release.get("planning"))
    planned = _value(_object(planning.get("budget")).get("amount"))
    estimated = _value(tender.get("value"))
    buyers = [_party(release.get("buyer"), parties), _party(tender.get("procuringEntity"), parties)]
    department = _first(*(name for _, name in buyers), *(key for key, _ in buyers))
    period = _object(tender.get("tenderPeriod"))
    awards = _items(release.get("awards"))
    contracts = _items(release.get("contracts"))
    bids = _items(_object(release.get("bids")).get("details"))
    tenderers = _each_once(tender.get("tenderers"), parties)
    category = _first(
        tender.get("mainProcurementCategory"),
        *[_object(i.get("classification")).get("description") for i in _items(tender.get("items"))],
    )
    method = {
        "procurement_method": tender.get("procurementMethod"),
        "method_detail": tender.get("procurementMethodDetails"),
        "award_criteria": tender.get("awardCriteria"),
        "number_of_bids": _first(tender.get("numberOfTenderers"), len(bids) or len(tenderers) or None),
    }
    dates = {"posted_date": period.get("startDate"), "bid_deadline": period.get("endDate")}
    # One process, one solicitation: ids of tenders repeat between processes of some publishers.
    solicitation = ocid
    if tender:
        first = awards[0] if awards else {}
        budget, budget_currency = estimated if estimated[0] is not None else planned
        awarded, award_currency = _total(award.get("value") for award in awards)
        found["solicitations"].append(
            {
                "solicitation_id": solicitation,
                "title": tender.get("title"),
                "department": department,
                "category": category,
                **method,
                **dates,
                "award_date": first.get("date"),
                "signed_date": contracts[0].get("dateSigned") if contracts else None,
                "solicitation_status": tender.get("status"),
                "budget": budget,
                "award_amount": awarded,
                "award_currency": _other(award_currency, _first(budget_currency, award_currency)),
                "currency": _first(budget_currency, award_currency),
            }
        )
    # Who won: the suppliers of awards that stand. Publishers without a status mean that they do.
    winners = {
        _first(*_party(supplier, parties))
        for award in awards
        if _award_status(award) in (None, "active")
        for supplier in _items(award.get("suppliers"))
    } - {None}
    for number, bid in enumerate(bids, start=1):
        amount, currency = _value(bid.get("value"))
        # A joint bid is a row for each of its bidders, under the one id of the bid.
        for key, called in _each_once(bid.get("tenderers"), parties) or [(None, None)]:
            found["bids"].append(
                {
                    "solicitation_id": solicitation,
                    "bid_id": _first(bid.get("id"), f"{solicitation}:{number}"),
                    "lot": "; ".join(map(str, bid.get("relatedLots") or [])) or None,
                    "bidder_id": key,
                    "bidder_name": called,
                    "bid_amount": amount,
                    "currency": currency,
                    "bid_received_date": bid.get("date"),
                    "bid_status": bid.get("status"),
                    "won": _first(key, called) in winners if awards else None,
                }
            )
    if not bids:
        for key, called in tenderers:
            found["bids"].append(
                {
                    "solicitation_id": solicitation,
                    "bidder_id": key,
                    "bidder_name": called,
                    "won": _first(key, called) in winners if awards else None,
                }
            )
    by_award = {str(a.get("id")): a for a in awards}
    only = awards[0] if len(awards) == 1 else {}
    followed = [by_award.get(str(contract.get("awardID")), only) for contract in contracts]
    budgeted = planned if planned[0] is not None else estimated
    # What one award gave to several contracts together is the amount of none of them.
    sharing = Counter(str(award.get("id")) for award in followed)
    shared = {"solicitation_id": solicitation, "department": department, "category": category} | method | dates
    for contract, award in zip(contracts, followed, strict=True):
        if sharing[str(award.get("id"))] > 1:
            award = award | {"value": {"currency": _value(award.get("value"))[1]}}
        _contract(contract, award, ocid, shared, parties, tender, found, budgeted)
    awarded = {str(c.get("awardID")) for c in contracts}
    for number, award in enumerate(awards, start=1):
        # Where no contract is published, the award stands for it.
        if not contracts or (str(award.get("id")) not in awarded and len(awards) > 1):
            award = award | {"id": _first(award.get("id"), number)}
            _contract({}, award, ocid, shared, parties, tender, found, budgeted)
    for party in parties.values():
        roles = party.get("roles") or []
        if {"supplier", "tenderer", "payee"} & set(roles if isinstance(roles, list) else [roles]):
            address = _object(party.get("address"))
            identifier = _object(party.get("identifier"))
            vendors[party.get("id")] = {
                "vendor_id": party.get("id"),
                "vendor_name": party.get("name"),
                "vendor_address": address.get("streetAddress"),
                "vendor_place": address.get("locality"),
                "tax_id": _number(identifier),
                "phone": _object(party.get("contactPoint")).get("telephone"),
            }


def _award_status(award):
    """Where an award stands, in words of contracts; one with a status that the standard does not know is not final."""
    status = str(award.get("status") or "").strip().lower()
    return {"": None, "active": "active", "cancelled": "cancelled", "unsuccessful": "cancelled"}.get(status, "pending")


def _other(currency, row):
    """The currency of an amount where it is not that of its row; a code that no country has is a slip of the pen."""
    return currency if currency != row and currency in vocabulary.CURRENCIES else None


def _contract(contract, award, ocid, shared, parties, tender, found, budgeted):
    key = f"{ocid}:{contract.get('id')}" if contract else f"{ocid}:award:{award.get('id')}"
    amount, currency = _value(contract.get("value"))
    awarded, award_currency = _value(award.get("value"))
    period = _object(contract.get("period")) or _object(award.get("contractPeriod"))
    # An award to several suppliers may lead to a contract with each: the contract knows its own.
    suppliers = _items(contract.get("suppliers")) or _items(award.get("suppliers"))
    vendor_id, vendor_name = _party(suppliers[0], parties) if suppliers else (None, None)
    implementation = _object(contract.get("implementation"))
    transactions = _items(implementation.get("transactions"))
    final, final_currency = _value(implementation.get("finalValue"))
    # The contract's own amount names the currency of the row; an amount in another keeps that beside it.
    named = (_object(part.get("value")).get("currency") for part in (contract, award))
    currency = _first(currency, award_currency, final_currency, *named, budgeted[1])
    paid, paid_currency = _total(line.get("value") or line.get("amount") for line in transactions)
    category = _first(
        shared["category"],
        *[
            _object(i.get("classification")).get("description")
            for i in _items(contract.get("items") or award.get("items"))
        ],
    )
    codes = [_object(i.get("classification")).get("id") for i in _items(contract.get("items") or award.get("items"))]
    found["contracts"].append(
        shared
        | {
            "contract_id": key,
            "item_codes": ";".join(dict.fromkeys(str(code) for code in codes if code)) or None,
            "parent_contract_id": None,
            "title": _first(
                contract.get("title"), award.get("title"), tender.get("title"), contract.get("description")
            ),
            "category": category,
            "vendor_id": vendor_id,
            "vendor_name": vendor_name,
            "award_date": award.get("date"),
            "signed_date": contract.get("dateSigned"),
            "start_date": period.get("startDate"),
            "end_date": period.get("endDate"),
            "option_end_date": period.get("maxExtentDate"),
            "budget": budgeted[0],
            "budget_currency": _other(budgeted[1], currency),
            "award_amount": awarded,
            "award_currency": _other(award_currency, currency),
            "current_amount": amount,
            "final_amount": final,
            "final_currency": _other(final_currency, currency),
            # Payments in another currency are no part of what was agreed; each is a row of its own below.
            "paid_to_date": paid if paid_currency in (None, currency) else None,
            "currency": currency,
            "status": contract.get("status") if contract else _award_status(award),
        }
    )
    for who, called in _each_once(suppliers, parties):
        found["contract_vendors"].append({"contract_id": key, "vendor_id": who, "vendor_name": called, "role": "prime"})
    amendments = _items(contract.get("amendments")) or _items(contract.get("amendment"))
    for number, amendment in enumerate(amendments, start=1):
        found["amendments"].append(
            {
                "contract_id": key,
                "amendment_id": _first(amendment.get("id"), str(number)),
                "amendment_date": amendment.get("date"),
                "change_reason": _first(amendment.get("rationale"), amendment.get("description")),
            }
        )
    for milestone in [*_items(contract.get("milestones")), *_items(implementation.get("milestones"))]:
        found["milestones"].append(
            {
                "contract_id": key,
                "milestone_id": milestone.get("id"),
                "title": milestone.get("title"),
                "due_date": milestone.get("dueDate"),
                "date_met": milestone.get("dateMet"),
                "amount": _value(milestone.get("value"))[0],
            }
        )
    for line in transactions:
        paid, paid_currency = _value(line.get("value") or line.get("amount"))
        payee = _party(line.get("payee") or line.get("receiverOrganization"), parties)
        found["payments"].append(
            {
                "payment_id": line.get("id"),
                "payment_date": line.get("date"),
                "payment_amount": paid,
                "currency": paid_currency,
                "contract_id": key,
                "vendor_id": _first(payee[0], vendor_id),
                "vendor_name": _first(payee[1], vendor_name),
                "department": shared["department"],
            }
        )
