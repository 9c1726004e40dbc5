"""``slm doctor``: every finding is a line with the way out, and nothing makes it crash."""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from python_slm.cli import doctor
from python_slm.cli.doctor_tools import (
    check_encoding,
    check_filter,
    check_folders,
    check_program,
    check_resolver,
    check_server,
    check_tools,
)
from python_slm.cli.findings import Check, Report
from python_slm.errors import ModelCorruptError
from python_slm.settings import Settings
from tests.fakes import ScriptedModel
from tests.tiny_model import export_tiny

if TYPE_CHECKING:
    from pathlib import Path


def run(*args: str) -> Result:
    return CliRunner().invoke(doctor.doctor, args)


def findings(result: Result) -> dict[str, dict[str, object]]:
    """Checks of a ``--json`` report by name."""
    return {check["name"]: check for check in json.loads(result.stdout)["checks"]}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A small real model, to break."""
    return export_tiny(tmp_path / "model")


# The report


def test_a_raising_check_becomes_a_failed_line() -> None:
    report = Report()
    with report.guarding("model files", "export again"):
        raise ModelCorruptError("model.int8.onnx: sha256 differs")
    with report.guarding("onnxruntime", "install again"):
        raise OSError("libcudart.so: cannot open")
    assert report.checks == [
        Check("model files", ok=False, detail="model.int8.onnx: sha256 differs", fix="export again"),
        Check("onnxruntime", ok=False, detail="OSError: libcudart.so: cannot open", fix="install again"),
    ]
    assert not report.ok


def test_a_missing_optional_tool_does_not_fail_the_report() -> None:
    report = Report()
    check_tools(report, {"onnxruntime": "1.25"}, {"nvidia-smi": "smi"}.get)
    gpu, ruff, git = report.checks
    assert (gpu.ok, ruff.ok, git.ok, report.ok) == (False, True, False, True)
    assert "pip install onnxruntime-gpu" in gpu.fix


def test_lines_are_written_where_the_terminal_knows_few_letters(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    report.add("model", "größer", ok=False, fix="export again")
    report.show_lines("ascii")
    written = capsys.readouterr()
    assert written.out.splitlines() == ["! model        gr\\xf6\\xdfer", "               > export again"]
    assert written.err == "not ready: see > above\n"


# What stands around the model


def test_programs_are_named_with_their_version(tmp_path: Path) -> None:
    report = Report()
    check_program(report, "python", sys.executable, "install it")
    check_program(report, "broken", str(tmp_path / "none"), "install it")
    check_program(report, "absent", None, "install it")
    assert [check.ok for check in report.checks] == [True, False, False]
    assert report.checks[0].detail == f"Python {sys.version.split()[0]} at {sys.executable}"
    assert report.checks[2].fix == "install it"
    assert report.ok


@pytest.mark.parametrize(("terminal", "ok"), [("utf-8", True), ("UTF8", True), ("cp1252", False), ("ascii", False)])
def test_an_encoding_with_few_letters_is_noticed(terminal: str, ok: bool) -> None:
    report = Report()
    check_encoding(report, terminal=terminal, environ={"PYTHONUTF8": "0"})
    (check,) = report.checks
    assert (check.ok, report.ok) == (ok, True)
    assert terminal in check.detail
    assert ok or "PYTHONUTF8=1" in check.fix


def test_folders_for_traces_and_history_are_named(tmp_path: Path) -> None:
    report = Report()
    check_folders(report, tmp_path, Settings.from_dict({"trace": {"keep": False}, "history": {"keep": True}}))
    traces, history = report.checks
    assert traces.detail == f"not kept (trace.keep) in {tmp_path}; no request so far"
    assert history.detail == f"kept; 0 suggestions in {tmp_path / 'history.jsonl'}"


def test_a_folder_that_cannot_be_written_to_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    report = Report()
    check_folders(report, tmp_path / "file", Settings())
    assert not report.checks[0].ok
    assert "PYTHON_SLM_HOME" in report.checks[0].fix
    assert report.ok


def test_the_resolver_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    report = Report()
    check_resolver(report, tmp_path, Settings())
    (check,) = report.checks
    assert check.ok, check
    assert "modules can be imported" in check.detail


def test_a_resolver_that_does_not_start_is_one_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/usr/bin/false")
    report = Report()
    check_resolver(report, tmp_path, Settings())
    (check,) = report.checks
    assert (check.ok, report.ok) == (False, True)
    assert "ended with code 1" in check.detail


def test_the_server_is_tried_as_an_editor_would(model: Path) -> None:
    report = Report()
    check_server(report, [sys.executable, "-m", "python_slm", "lsp", "--model", str(model)])
    (check,) = report.checks
    assert check.ok, check
    assert "after its start" in check.detail


def test_a_server_that_does_not_start_is_one_finding() -> None:
    report = Report()
    check_server(report, [sys.executable, "-c", "raise SystemExit(3)"])
    (check,) = report.checks
    assert (check.ok, check.essential) == (False, True)
    assert "--log-file" in check.fix


@pytest.mark.parametrize(("text", "says"), [(None, "none: every valid suggestion is shown"), ("{}", "filter.json")])
def test_a_model_without_a_usable_show_filter_is_ready_all_the_same(
    tmp_path: Path, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / "filter.json").write_text(text)
    report = Report()
    check_filter(report, tmp_path)
    (check,) = report.checks
    assert (check.ok, report.ok) == (False, True)
    assert says in check.detail


# ONNX Runtime


def test_both_builds_at_once_are_found_with_the_way_out() -> None:
    versions = {"onnxruntime": "1.25.0", "onnxruntime-gpu": "1.24.1"}

    def version(name: str) -> str:
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    report = Report()
    doctor.check_runtime(report, doctor.installed_runtimes(version))
    (check,) = report.checks
    assert not check.ok
    assert check.detail == "onnxruntime 1.25.0, onnxruntime-gpu 1.24.1"
    assert "pip uninstall -y onnxruntime onnxruntime-gpu && pip install onnxruntime-gpu" in check.fix


def test_the_installed_build_is_reported_with_its_providers() -> None:
    report = Report()
    doctor.check_runtime(report, {"onnxruntime": "1.25.0"})
    assert "CPUExecutionProvider" in report.checks[0].detail


def test_a_runtime_that_cannot_be_imported_is_one_finding(monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    result = run("--json", "--model", str(model))
    found = findings(result)
    assert result.exit_code == 1
    assert [name for name, check in found.items() if not check["ok"] and check["essential"]] == ["onnxruntime"]
    assert "pip install" in str(found["onnxruntime"]["fix"])


# Settings


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"completion": {"deadlineMs": 0}}', "completion.deadline_ms: 0 is below the minimum, 1"),
        ('{"colour": "red"}', "no such setting"),
        ("{", "Expecting property name"),
        ("\ufeff[]", "BOM"),
    ],
)
def test_bad_settings_are_named_and_the_report_goes_on(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text, encoding="utf-8")
    result = run("--json", "--settings", str(file), "--model", str(tmp_path))
    found = findings(result)
    assert result.exit_code == 1
    assert says in str(found["settings"]["detail"])
    assert str(file) in str(found["settings"]["detail"])
    assert "python" in found


def test_the_model_of_the_settings_is_the_one_checked(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"model": {"path": str(tmp_path / "elsewhere")}}), encoding="utf-8")
    assert str(tmp_path / "elsewhere") in str(findings(run("--json", "--settings", str(file)))["model files"])


# The model


def test_the_shipped_model_is_ready() -> None:
    result = run("--json")
    assert result.exit_code == 0, result.output
    found = findings(result)
    assert {"model files", "tokenizer", "device", "load test", "server", "resolver", "traces"} <= set(found)
    assert "8 tokens" in str(found["load test"]["detail"])


def test_a_model_of_ones_own_is_ready_as_lines_with_a_mark_and_a_verdict(model: Path) -> None:
    result = run("--model", str(model))
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert lines[-1] == "ready"
    assert all(line[0] in "✓✗– " for line in lines[:-1])


def check_broken(folder: Path, name: str, says: str) -> None:
    """A report on ``folder`` fails at ``name``, says ``says`` and a way out, and no traceback."""
    result = run("--json", "--model", str(folder))
    check = findings(result)[name]
    assert result.exit_code == 1
    assert not check["ok"]
    assert says in str(check["detail"])
    assert check["fix"]
    assert "Traceback" not in result.output


def test_missing_model_folder(tmp_path: Path) -> None:
    check_broken(tmp_path / "none", "model files", "manifest.json")


def test_deleted_model_file(model: Path) -> None:
    (model / "model.int8.onnx").unlink()
    check_broken(model, "model files", "model.int8.onnx")


def test_truncated_model_file(model: Path) -> None:
    graph = model / "model.int8.onnx"
    graph.write_bytes(graph.read_bytes()[:1000])
    check_broken(model, "model files", "model.int8.onnx")


def test_altered_model_file(model: Path) -> None:
    graph = model / "model.int8.onnx"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 0xFF
    graph.write_bytes(data)
    check_broken(model, "model files", "sha256")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 99}', "\x00"])
def test_manifest_that_is_not_one(model: Path, text: str) -> None:
    (model / "manifest.json").write_text(text, encoding="utf-8")
    check_broken(model, "model files", "manifest.json")


def test_other_prompt_version(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    (model / "manifest.json").write_text(json.dumps(manifest | {"prompt_version": 99}), encoding="utf-8")
    check_broken(model, "tokenizer", "prompt version 99")


def test_a_device_that_is_not_there(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"model": {"device": "cuda"}}', encoding="utf-8")
    result = run("--json", "--model", str(model), "--settings", str(file))
    assert result.exit_code == 1
    assert "cuda" in str(findings(result)["load test"]["detail"])


def test_graph_that_is_not_one_under_a_manifest_that_fits_it(model: Path) -> None:
    """Every checksum is right and the file is still no ONNX graph."""
    (model / "model.int8.onnx").write_bytes(b"hello")
    manifest = json.loads((model / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["model.int8.onnx"] = {"sha256": hashlib.sha256(b"hello").hexdigest(), "bytes": 5}
    (model / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    check_broken(model, "load test", "cannot load it")


def test_load_test_reads_as_many_tokens_as_asked() -> None:
    scripted = ScriptedModel({"return ": "a + b + c"})
    assert doctor.first_tokens(scripted, "return ", 5) == "a + b"
