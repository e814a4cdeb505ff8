"""Judgments (qrels): which documents answer a query, and how well.

Two text forms are read and written: BEIR's ``qrels.tsv`` (a header, then query, document and grade,
parted by tabs) and TREC's (query, iteration, document and grade, parted by blanks).
"""

from __future__ import annotations

from pathlib import Path

from glane_eval.files import read_lines, write_lines
from glane_indexer.errors import DatasetError

Qrels = dict[str, dict[str, int]]
"""Query id to document id to grade: 0 judged not relevant, 1 and above relevant, the more the better."""

HEADER = "query-id\tcorpus-id\tscore"


def read_qrels(path: Path) -> Qrels:
    """Read judgments in either form; of a folder, its ``qrels.tsv`` or ``qrels/test.tsv``.

    Raises:
        DatasetError: as :func:`read_beir_qrels`.
    """
    if path.is_dir():
        names = ("qrels.tsv", "qrels.tsv.gz", "qrels/test.tsv", "qrels/test.tsv.gz")
        found = [path / name for name in names if (path / name).is_file()]
        if not found:
            raise DatasetError("there are no judgments in this folder", where=str(path / names[0]))
        path = found[0]
    _, first = next(read_lines(path), (1, ""))
    return read_trec_qrels(path) if first and "\t" not in first else read_beir_qrels(path)


def read_beir_qrels(path: Path) -> Qrels:
    """Read a BEIR ``qrels.tsv``.

    Raises:
        DatasetError: the file is missing or holds no judgment, its header is another, or a line has not
            three cells, has an empty id, judges a pair again, or has a grade that is no whole number >= 0.
    """
    lines = read_lines(path)
    number, header = next(lines, (1, ""))
    if [cell.strip().lower() for cell in header.split("\t")] != HEADER.split("\t"):
        raise DatasetError(
            f"the header is {header[:80]!r}" if header else "the file is empty",
            where=f"{path}:{number}",
            hint="The first line must be query-id, corpus-id, score, parted by tabs.",
        )
    qrels: Qrels = {}
    for number, line in lines:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 3:
            raise DatasetError(
                f"a judgment has 3 cells parted by tabs, this line {len(cells)}", where=f"{path}:{number}"
            )
        _add(qrels, *cells, where=f"{path}:{number}")
    return _not_empty(qrels, path)


def read_trec_qrels(path: Path) -> Qrels:
    """Read TREC qrels: four columns, of which the second (iteration) is not used.

    Raises:
        DatasetError: as :func:`read_beir_qrels`, without the header.
    """
    qrels: Qrels = {}
    for number, line in read_lines(path):
        cells = line.split()
        if len(cells) != 4:
            raise DatasetError(
                f"a judgment has 4 columns (query, iteration, document, grade), this line {len(cells)}",
                where=f"{path}:{number}",
            )
        _add(qrels, cells[0], cells[2], cells[3], where=f"{path}:{number}")
    return _not_empty(qrels, path)


def write_beir_qrels(path: Path, qrels: Qrels) -> None:
    """Write a BEIR ``qrels.tsv``, all or nothing.

    Raises:
        DatasetError: an id is empty, begins or ends with white space, or holds a tab or a line end.
    """
    rows = [(query, doc, grade) for query, grades in qrels.items() for doc, grade in grades.items()]
    for query, doc, _ in rows:
        for identifier in (query, doc):
            if not identifier or identifier != identifier.strip() or set(identifier) & set("\t\r\n"):
                raise DatasetError(f"the id {identifier!r} cannot stand in a table", where=str(path))
    write_lines(path, [HEADER, *(f"{query}\t{doc}\t{grade}" for query, doc, grade in rows)])


def write_trec_qrels(path: Path, qrels: Qrels) -> None:
    """Write TREC qrels, all or nothing.

    Raises:
        DatasetError: an id is empty or holds white space, which parts the columns.
    """
    lines = [
        f"{trec_id(query, path)} 0 {trec_id(doc, path)} {grade}"
        for query, grades in qrels.items()
        for doc, grade in grades.items()
    ]
    write_lines(path, lines)


def trec_id(identifier: str, path: Path) -> str:
    """The id as it stands in a TREC file.

    Raises:
        DatasetError: it is empty or holds white space. It is not escaped: it would then be another id
            for every other tool.
    """
    if identifier.split() != [identifier]:
        raise DatasetError(
            f"the id {identifier!r} is empty or holds white space, which a TREC file cannot say",
            where=str(path),
            hint="Give the queries and documents of the data set ids without white space.",
        )
    return identifier


def _add(qrels: Qrels, query: str, doc: str, grade: str, *, where: str) -> None:
    if not query or not doc:
        raise DatasetError("the query id or the document id is empty", where=where)
    if not (grade.isascii() and grade.isdigit()):
        raise DatasetError(
            f"the grade {grade!r} is not a whole number, 0 or above", where=where, hint="Not relevant is 0."
        )
    grades = qrels.setdefault(query, {})
    if doc in grades:
        raise DatasetError(f"query {query!r} and document {doc!r} are judged twice", where=where)
    grades[doc] = int(grade)


def _not_empty(qrels: Qrels, path: Path) -> Qrels:
    if not qrels:
        raise DatasetError("the file holds no judgment", where=str(path))
    return qrels
