"""Rows of one table that belong to rows of another."""

from rdclib.checks import Finding


def linked(payments, contracts, links):
    """Payments under the contract that the city confirmed for their vendor.

    Parameters
    ----------
    payments, contracts : DataFrame
    links : dict of str to str
        Vendor id to contract id.

    Returns
    -------
    DataFrame
        Payments that name a contract keep it; those of a linked vendor that name none, and are not before the
        contract's start, get the contract.
    """
    links = {vendor: contract for vendor, contract in links.items() if contract in set(contracts["contract_id"])}
    if not links or not len(payments):
        return payments
    wanted = payments["vendor_id"].map(links)
    start = wanted.map(contracts.drop_duplicates("contract_id").set_index("contract_id")["start_date"])
    use = payments["contract_id"].isna() & wanted.notna() & ~(payments["payment_date"] < start)
    return payments.assign(contract_id=payments["contract_id"].mask(use, wanted))


def lost_links(frames):
    """Rows of other tables that point to a contract or solicitation that is not there."""
    found = []
    for table, key, target in (
        ("payments", "contract_id", "contracts"),
        ("amendments", "contract_id", "contracts"),
        ("milestones", "contract_id", "contracts"),
        ("bids", "solicitation_id", "solicitations"),
    ):
        frame = frames[table]
        if not len(frame) or not len(frames[target]):
            continue
        lost = frame[key].notna() & ~frame[key].isin(frames[target][key])
        if lost.any():
            first = frame[lost].iloc[0]
            value = " | ".join(frame.loc[lost, key].unique()[:3])
            what = f"{key} that is in no row of {target}"
            done = "kept; they count in their own table only"
            found.append(
                Finding(
                    "warning",
                    table,
                    first["source_file"],
                    int(first["source_row"]),
                    key,
                    value,
                    int(lost.sum()),
                    what,
                    done,
                )
            )
        if key == "contract_id" and table == "payments" and not frame[key].notna().any():
            what = "no payment names its contract"
            done = "payments are not linked to contracts; send a file with contract numbers, or confirm a link"
            found.append(Finding("note", table, "", 0, key, "", len(frame), what, done))
    return found
