"""Vendor names: one spelling to compare by, and pairs that are probably the same vendor, for a person to confirm."""

import re
from collections import defaultdict

import pandas as pd
import pyarrow as pa
from rapidfuzz import fuzz, process

from rdclib import parsing

# Legal forms and filler of the United States, Britain, Spain, Portugal, Latin America, Germany and France.
LEGAL_FORMS = frozenset(
    parsing.fold(
        "inc incorporated llc llp lllp lp pllc pc pa pllp ltd limited plc corp corporation co company cia companhia "
        "compania sa sl slu sau srl ltda lda unipessoal eireli me epp spa sas cv sab sapi de rl gmbh ag kg ohg "
        "gbr mbh ug ek sarl sasu eurl snc bv nv cic the and y e und"
    ).split()
)
_DBA = re.compile(r"\b(?:d\s?/?\s?b\s?/?\s?a|t\s?/\s?a|trading as|doing business as|aka|a\s?/\s?k\s?/\s?a)\b.*$", re.I)
MIN_SCORE = 90  # of 100; pairs below are not worth a person's time
BIGGEST_BLOCK = 2000


def normalise(name):
    """A vendor's name without case, accents, punctuation, legal form and what follows "dba".

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        ``"The ACME Co., Inc. d/b/a Acme Signs"`` -> ``"acme"``; the folded name when nothing would be left.
    """
    text = _DBA.sub(" ", str(name)) or str(name)
    text = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", text)  # S.A. is one word
    text = text.replace("#", " ").replace("&", " and ").replace("'", "").replace("’", "")
    folded = parsing.fold(text.lower())
    words = [word for word in folded.split() if word not in LEGAL_FORMS]
    return " ".join(words) or folded or str(name).strip().lower()


def vendor_ids(names):
    """Ids for a city that has none: the name itself, so that two spellings stay two until a person confirms them."""
    coded = pa.array(names).dictionary_encode()
    tidy = pa.array([" ".join(name.split()) for name in coded.dictionary.to_pylist()], pa.large_string())
    return pd.Series(pd.array(tidy.take(coded.indices), dtype=names.dtype), names.index)


def duplicates(names, *, min_score=MIN_SCORE):
    """Names that are probably the same vendor.

    Parameters
    ----------
    names : Series of str
        Names as the city writes them, repeats allowed.
    min_score : float
        Least likeness, 0 to 100.

    Returns
    -------
    DataFrame
        ``name``, ``other``, ``score`` (100: equal after normalising), ``rows`` and ``other_rows``; likeliest first.

    Notes
    -----
    Only names that share the first four letters of their first or second word are compared, so that 100,000 names take
    seconds; likeness is the mean of the ratio of letters and of sorted words, so that "Smith John" meets "John Smith".
    """
    counts = names.dropna().value_counts()
    spelled = defaultdict(list)
    for name in counts.index:
        spelled[normalise(name)].append(name)
    found = []
    for group in spelled.values():
        found += [(group[0], other, 100.0) for other in group[1:]]
    firsts = {key: group[0] for key, group in spelled.items()}
    blocks = defaultdict(list)
    for key in firsts:
        for word in key.split()[:2]:
            if len(word) >= 3:
                blocks[word[:4]].append(key)
    seen = set()
    for block in blocks.values():
        if not 1 < len(block) <= BIGGEST_BLOCK:
            block = sorted(block)
        for part in _parts(block):
            # Words are sorted here once, not again in each comparison, as a ratio of sorted words would do.
            words = [" ".join(sorted(key.split())) for key in part]
            scores = process.cdist(words, words, scorer=fuzz.ratio, score_cutoff=min_score, workers=1)
            for i, j in zip(*scores.nonzero(), strict=True):
                a, b = part[i], part[j]
                if i < j and (a, b) not in seen and not _differ_by_number(a, b):
                    seen.add((a, b))
                    score = (float(scores[i, j]) + fuzz.ratio(a, b)) / 2
                    found.append((firsts[a], firsts[b], max(score, min_score)))
    table = pd.DataFrame(found, columns=["name", "other", "score"])
    table["score"] = table["score"].round(1)
    table["rows"] = table["name"].map(counts).astype(float)
    table["other_rows"] = table["other"].map(counts).astype(float)
    swap = table["rows"] < table["other_rows"]
    table.loc[swap, ["name", "other", "rows", "other_rows"]] = table.loc[
        swap, ["other", "name", "other_rows", "rows"]
    ].to_numpy()
    table["score"] = table["score"].astype(float)
    return table.sort_values(["score", "rows", "name"], ascending=[False, False, True], ignore_index=True)


def likeness(name, other):
    """How alike two names are once normalised, 0 to 100."""
    return round(fuzz.ratio(normalise(name), normalise(other)), 1)


def _parts(block):
    """A block too big to compare whole is cut into overlapping runs of its sorted names."""
    if len(block) <= BIGGEST_BLOCK:
        yield block
        return
    for start in range(0, len(block), BIGGEST_BLOCK // 2):
        yield block[start : start + BIGGEST_BLOCK]


def _differ_by_number(a, b):
    """ "Fire District 4" and "Fire District 5" are two, however alike."""
    return re.findall(r"\d+", a) != re.findall(r"\d+", b)
