"""Takes speerlint, a schema of SARIF and one of JUnit, gives a failure where other programs read its files otherwise than it counts, never asks it twice.

    python tests/read_back.py --bin target/release/speerlint --sarif-schema sarif-2.1.0.json --junit-schema junit-10.xsd

Every cell of the Parquet tables is read with PyArrow and held against the CSV; sums and counts are asked of DuckDB and held against report.json.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
from datetime import datetime

import duckdb
import jsonschema
import pyarrow
import pyarrow.parquet
import xmlschema

TABLES = ["calls", "streams", "messages", "findings", "metrics"]
FORMULA = tuple("=+-@＝＋－＠")
csv.field_size_limit(1 << 30)


def nanoseconds(text):
    """RFC 3339 in UTC with nine digits as nanoseconds."""
    seconds, fraction = text.rstrip("Z").split(".")
    return int(datetime.fromisoformat(seconds + "+00:00").timestamp()) * 10**9 + int(fraction)


def same(value, cell, kind):
    if value is None:
        return cell == ""
    if pyarrow.types.is_timestamp(kind):
        return nanoseconds(cell) == value
    if pyarrow.types.is_floating(kind):
        return float(cell) == value
    if pyarrow.types.is_boolean(kind):
        return cell == str(value).lower()
    if pyarrow.types.is_integer(kind):
        return int(cell) == value
    if not value.isprintable():
        return cell.isprintable() and cell != ""
    return cell == ("'" + value if value.startswith(FORMULA) else value)


def compare_cells(folder, name):
    """The Parquet table against the CSV, cell by cell."""
    file = pyarrow.parquet.ParquetFile(folder / f"{name}.parquet")
    assert file.metadata.metadata[b"speerlint.schema"] == f"speerlint/{name}/1".encode(), name
    table = file.read()
    with open(folder / f"{name}.csv", newline="", encoding="utf-8") as text:
        head, *rows = csv.reader(text)
    assert table.column_names == head, f"{name}: columns"
    assert table.num_rows == len(rows) == file.metadata.num_rows, f"{name}: rows"
    for at, field in enumerate(table.schema):
        column = table.column(at)
        if pyarrow.types.is_timestamp(field.type):
            assert field.type == pyarrow.timestamp("ns", tz="UTC"), f"{name}.{field.name}: {field.type}"
            column = column.cast(pyarrow.int64())
        for number, (value, row) in enumerate(zip(column.to_pylist(), rows)):
            assert same(value, row[at], field.type), f"{name}.{field.name}, row {number}: {value!r} is not {row[at]!r}"
    return len(rows)


def counts(query):
    return {str(key): count for key, count in duckdb.sql(query).fetchall()}


def compare_report(folder, report):
    """What DuckDB counts in the tables against what the report counts."""
    table = {name: f"'{folder / name}.parquet'" for name in TABLES}
    one = lambda query: duckdb.sql(query).fetchall()[0]
    totals, intake = report["totals"], report["intake"]
    outcomes = counts(f"select outcome, count(*) from {table['calls']} group by all")
    of = lambda *words: sum(outcomes.get(word, 0) for word in words)
    assert of("answered") == totals["answered"] and of("cancelled") == totals["cancelled"], outcomes
    assert of("failed", "timeout") == totals["failed"] and of("censored") == totals["censored"], outcomes
    finals = counts(f"select if(outcome = 'answered', '200', coalesce(code::text, outcome)) as final, count(*) from {table['calls']}"
                    " where outcome <> 'censored' group by all")
    assert finals == totals["outcomes"], (finals, totals["outcomes"])

    kinds = {"requests": ("method", "request"), "responses": ("code", "not request and code is not null")}
    for key, (column, which) in kinds.items():
        got = counts(f"select {column}, count(*) from {table['messages']} where {which} group by all")
        assert got == intake[f"sip_{key}"], (got, intake[f"sip_{key}"])
    transports = counts(f"select transport, count(*) from {table['messages']} group by all")
    assert transports == {name: count for name, count in intake["sip_by_transport"].items() if count}, transports
    seen = counts(f"select seen, count(*) from {table['messages']} group by all")
    assert seen.get("retransmission", 0) == intake["sip_retransmissions"], seen
    assert seen.get("mirror", 0) == intake["sip_mirror_duplicates"], seen

    sums = [sum(row[key] for row in report["media"]["directions"]) for key in ("streams", "packets", "expected", "lost")]
    got = one(f"select count(*), coalesce(sum(packets), 0), coalesce(sum(expected), 0), coalesce(sum(lost), 0) from {table['streams']} where call_id is not null and ssrc is not null")
    assert list(got) == sums, (got, sums)
    # Fax and MSRP have no SSRC, and are counted beside the streams of RTP.
    assert one(f"select count(*) from {table['streams']} where ssrc is not null")[0] == totals["streams"]
    of_calls = one(f"select coalesce(sum(streams), 0) from {table['calls']}")[0]
    assert of_calls <= sums[0], (of_calls, sums[0])

    findings = duckdb.sql(f"select id, rule, severity, outcome, offender, count, calls_affected from {table['findings']}").fetchall()
    assert findings == [tuple(f[key] for key in ("id", "rule", "severity", "outcome", "offender", "count")) + (f["calls"]["affected"],)
                        for f in report["findings"]]
    metrics = duckdb.sql(f'select "from", "to", attempts, ser_pct, ner_pct, srd_success_s_n, srd_success_s_p95, sdd_ms_mean, erlangs,'
                         f" peak_concurrent from {table['metrics']}").fetchall()
    assert metrics == [(m["from"], m["to"], m["attempts"], m["ser_pct"], m["ner_pct"], m["srd_success_s"]["n"], m["srd_success_s"]["p95"],
                        m["sdd_ms"]["mean"], m["erlangs"], m["peak_concurrent"]) for m in report["metrics"] + report.get("trunk_metrics", [])]


def check(capture, arguments, schemas, folder):
    policy = capture.with_name("policy.toml")
    command = [arguments.bin, "audit", capture, "--quiet", "--out", folder, "--tables", "all"]
    command += ["--policy", policy] if policy.exists() else []
    status = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
    assert status in (0, 1, 3), f"exit status {status}"
    report = json.loads((folder / "report.json").read_text())
    rows = {name: compare_cells(folder, name) for name in TABLES}
    compare_report(folder, report)
    sarif, junit = schemas
    log = json.loads((folder / "findings.sarif").read_text())
    assert log["version"] == "2.1.0" and sum(len(run["results"]) for run in log["runs"])== len(report["findings"])
    sarif.validate(log)
    junit.validate(folder / "findings.junit.xml")
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--sarif-schema", required=True, type=pathlib.Path)
    parser.add_argument("--junit-schema", required=True, type=pathlib.Path)
    parser.add_argument("captures", nargs="*", type=pathlib.Path, help="instead of the samples")
    arguments = parser.parse_args()
    schema = json.loads(arguments.sarif_schema.read_text())
    schemas = jsonschema.validators.validator_for(schema)(schema), xmlschema.XMLSchema(arguments.junit_schema)
    samples = pathlib.Path(__file__).resolve().parent.parent / "samples"
    captures = arguments.captures or sorted(samples.glob("*/capture.pcap*"))
    passed, failed = 0, 0
    for capture in captures:
        with tempfile.TemporaryDirectory() as folder:
            try:
                rows = check(capture, arguments, schemas, pathlib.Path(folder))
                print(f"{capture.parent.name}/{capture.name}: " + ", ".join(f"{count} {name}" for name, count in rows.items()))
                passed += 1
            except Exception as error:  # noqa: BLE001: one bad file must not hide the others
                print(f"FAILED {capture}: {str(error)[:400]}")
                failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
