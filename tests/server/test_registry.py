"""The registry of models: what comes, what goes, what is in use, and what happens when something is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from python_slm import Document
from python_slm.api import PythonSLM
from python_slm.cli import main
from python_slm.errors import ModelCorruptError, ModelError, RegistryError
from python_slm.registry import EVERYWHERE, SHIPPED, Registry
from python_slm.settings import Settings
from tests.tiny_model import export_tiny

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported model folder; not to be changed."""
    return export_tiny(tmp_path_factory.mktemp("made"))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models", lambda: NOW)


def damage(folder: Path) -> None:
    graph = folder / "model.int8.onnx"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 0xFF
    graph.write_bytes(data)


# What comes and goes


def test_an_added_model_is_a_verified_copy_that_is_not_yet_in_use(registry: Registry, made: Path) -> None:
    entry = registry.add(made)
    assert entry.spec == "tiny@0.0.0"
    assert registry.verify(entry).name == "tiny"
    assert registry.choose().folder is None
    assert [found.spec for found in registry.entries()] == ["tiny@0.0.0"]


def test_a_damaged_folder_is_not_taken(registry: Registry, tmp_path: Path) -> None:
    damage(export_tiny(tmp_path / "broken"))
    with pytest.raises(ModelCorruptError, match="sha256 differs"):
        registry.add(tmp_path / "broken")
    assert registry.entries() == []


def test_a_model_for_other_prompts_is_not_taken(registry: Registry, tmp_path: Path) -> None:
    manifest = export_tiny(tmp_path / "old") / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"prompt_version": 0}))
    with pytest.raises(ModelError, match="prompts of version 0"):
        registry.add(tmp_path / "old")


def test_a_version_that_is_taken_is_not_replaced(registry: Registry, made: Path) -> None:
    registry.add(made)
    with pytest.raises(RegistryError, match="registered already; give another --version"):
        registry.add(made)


@pytest.mark.parametrize("name", ["../out", "a/b", ".hidden", "shipped", "a@b", "-"])
def test_names_that_would_leave_the_registry_are_refused(registry: Registry, made: Path, name: str) -> None:
    with pytest.raises(RegistryError, match="cannot name a model"):
        registry.add(made, name=name)


def test_versions_are_counted_and_ordered_as_numbers(registry: Registry, made: Path) -> None:
    assert registry.next_version("mine") == "1"
    for version in ("2", "10", "9"):
        registry.add(made, name="mine", version=version)
    assert registry.next_version("mine") == "11"
    assert registry.find("mine").version == "10"
    assert registry.find("mine@9").version == "9"


def test_an_unknown_model_is_named_with_those_that_are_there(registry: Registry, made: Path) -> None:
    with pytest.raises(RegistryError, match="slm model add FOLDER"):
        registry.find("mine")
    registry.add(made)
    with pytest.raises(RegistryError, match=r"tiny@2: no such model .* there are: tiny@0\.0\.0"):
        registry.find("tiny@2")


def test_a_model_in_use_is_not_removed_and_another_is_removed_whole(registry: Registry, made: Path) -> None:
    entry = registry.add(made)
    registry.use(entry.spec)
    with pytest.raises(RegistryError, match="slm model use shipped --everywhere"):
        registry.remove(entry)
    registry.use(SHIPPED)
    registry.remove(entry)
    assert [path.name for path in registry.root.iterdir()] == ["active.json"]


def test_a_copy_that_was_killed_is_no_model(registry: Registry, made: Path) -> None:
    registry.add(made, version="1")
    (registry.root / ".incoming-x" / "model").mkdir(parents=True)
    (registry.root / ".incoming-x" / "model" / "manifest.json").write_bytes((made / "manifest.json").read_bytes())
    assert [entry.version for entry in registry.entries()] == ["1"]


# What is in use


def test_a_choice_for_a_folder_goes_before_the_one_for_everywhere(registry: Registry, made: Path) -> None:
    registry.add(made, name="general", version="1")
    registry.add(made, name="mine", version="1", workspace="/src/mine")
    registry.use("general")
    registry.use("mine")
    folders = {
        where: str(registry.choose([where]).folder or SHIPPED)
        for where in ("/src/mine", "/src/mine/deep", "/src/minem", "/src")
    }
    assert [Path(folder).parent.name for folder in folders.values()] == ["mine", "mine", "general", "general"]
    assert registry.choose(["/src/mine"]).why == "in use for /src/mine"
    assert registry.choose().why == "in use everywhere"


def test_the_shipped_model_can_be_chosen_for_one_folder(registry: Registry, made: Path) -> None:
    registry.use(registry.add(made).spec)
    registry.use(SHIPPED, "/src/mine")
    assert registry.choose(["/src/mine"]).folder is None
    assert registry.choose(["/src/other"]).folder is not None


def test_rollback_goes_back_step_by_step(registry: Registry, made: Path) -> None:
    for version in ("1", "2"):
        registry.add(made, name="mine", version=version, workspace="/src")
        registry.use(f"mine@{version}")
    seen = []
    for _ in range(2):
        registry.rollback()
        found = registry.choose(["/src"]).folder
        seen.append(found.name if found else SHIPPED)
    assert seen == ["1", SHIPPED]
    with pytest.raises(RegistryError, match="no change to undo"):
        registry.rollback()


def test_rollback_of_one_folder_leaves_the_others(registry: Registry, made: Path) -> None:
    registry.add(made, name="mine", version="1")
    registry.use("mine", "/a")
    registry.use("mine", "/b")
    registry.rollback("/a")
    assert registry.choices() == {"/b": "mine@1"}


def test_rollback_to_a_model_that_is_gone_changes_nothing(registry: Registry, made: Path) -> None:
    for version in ("1", "2"):
        registry.use(registry.add(made, version=version).spec)
    registry.remove(registry.find("tiny@1"))
    with pytest.raises(RegistryError, match="tiny@1: no such model"):
        registry.rollback()
    assert registry.choices() == {EVERYWHERE: "tiny@2"}


def test_a_damaged_model_is_not_put_in_use(registry: Registry, made: Path) -> None:
    entry = registry.add(made)
    damage(entry.folder)
    with pytest.raises(ModelCorruptError, match=r"sha256 differs.*slm model remove tiny@0\.0\.0"):
        registry.use(entry.spec)
    assert registry.choices() == {}


def test_a_model_damaged_while_in_use_gives_way_to_the_shipped_one_and_says_so(registry: Registry, made: Path) -> None:
    entry = registry.add(made)
    registry.use(entry.spec)
    damage(entry.folder)
    choice = registry.choose()
    assert choice.folder is None
    assert "sha256 differs" in choice.problem
    assert "slm model remove tiny@0.0.0" in choice.problem


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99}', '{"format": 1, "choices": []}', "\x00"])
def test_an_unreadable_choice_gives_way_to_the_shipped_model_and_says_so(registry: Registry, text: str) -> None:
    registry.root.mkdir()
    (registry.root / "active.json").write_text(text)
    choice = registry.choose()
    assert choice.folder is None
    assert "active.json: cannot be read" in choice.problem
    with pytest.raises(RegistryError, match="delete it"):
        registry.use(SHIPPED)


def test_the_stamp_changes_with_every_choice(registry: Registry, made: Path) -> None:
    stamps = {registry.stamp()}
    registry.use(registry.add(made).spec)
    stamps.add(registry.stamp())
    registry.rollback()
    stamps.add(registry.stamp())
    assert len(stamps) == 3


def test_readers_see_a_whole_file_while_another_process_writes(registry: Registry, made: Path) -> None:
    registry.add(made, version="1")
    program = (
        "import sys, pathlib; from python_slm.registry import Registry\n"
        "registry = Registry(pathlib.Path(sys.argv[1]))\n"
        "for turn in range(60):\n    registry.use(['tiny', 'shipped'][turn % 2], '/src')\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(registry.root)]) as writer:
        problems = set()
        while writer.poll() is None:
            problems.add(registry.choose(["/src"]).problem)
    assert writer.returncode == 0
    assert problems == {""}
    assert list(registry.root.glob(".active-*")) == []


def test_the_users_registry_lies_where_the_environment_says(tmp_path: Path) -> None:
    assert Registry.of_user({"PYTHON_SLM_HOME": str(tmp_path)}).root == tmp_path / "models"
    assert Registry.of_user({}).root.parts[-2:] == ("python-slm", "models")


# The library and the command line


def test_the_library_runs_the_model_in_use_for_the_workspace(home: Path, made: Path, tmp_path: Path) -> None:
    registry = Registry.of_user()
    registry.use(registry.add(made, workspace=str(tmp_path)).spec)
    assert PythonSLM.load(workspace=tmp_path / "src").name == "tiny@0.0.0"
    assert PythonSLM.load().name.startswith("python-slm")
    named = PythonSLM.load(Settings.from_dict({"model": {"path": str(made)}}))
    assert (named.name, named.problem) == ("tiny 0.0.0", "")


def test_the_library_completes_with_the_shipped_model_when_the_one_in_use_is_damaged(home: Path, made: Path) -> None:
    registry = Registry.of_user()
    entry = registry.add(made)
    registry.use(entry.spec)
    damage(entry.folder)
    slm = PythonSLM.load()
    assert slm.name.startswith("python-slm")
    assert "sha256 differs" in slm.problem
    document = Document("file:///app.py", "import os\nimport os.path\nimport o")
    slm.complete(document, len(document.text))


def slm(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_model_is_added_used_listed_verified_rolled_back_and_removed(
    home: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    assert slm("model", "add", str(made), "--name", "mine", "--for", ".").exit_code == 0
    assert "mine@0.0.0 is in use for" in slm("model", "use", "mine").output
    lines = slm("model", "list").output.splitlines()
    assert [line[:12].split() for line in lines] == [["shipped"], ["*", "mine@0.0.0"]]
    assert str(project) in lines[1]
    found = json.loads(slm("model", "list", "--json").output)
    assert found["choices"] == {str(project): "mine@0.0.0"}
    assert slm("model", "verify").exit_code == 0
    assert "mine@0.0.0 is no longer in use" in slm("model", "rollback", "--for", ".").output
    assert slm("model", "remove", "mine@0.0.0").exit_code == 0
    assert slm("model", "list").output.startswith("* shipped")


def test_verify_names_the_damaged_model_and_fails(home: Path, made: Path) -> None:
    slm("model", "add", str(made))
    damage(home / "models" / "tiny" / "0.0.0")
    result = slm("model", "verify")
    assert result.exit_code == 1
    assert "✗ tiny@0.0.0" in result.output
    assert "✓ shipped" in result.output


def test_errors_are_one_line_with_the_way_out(home: Path) -> None:
    result = slm("model", "use", "mine")
    assert result.exit_code == 1
    assert "slm model add FOLDER" in result.output
    assert slm("model", "use", "mine", "--for", os.curdir, "--everywhere").exit_code == 2


def test_doctor_says_which_model_runs_here_and_why(
    home: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    registry = Registry.of_user()
    entry = registry.add(made, workspace=str(tmp_path))

    def finding() -> dict[str, object]:
        checks = json.loads(slm("doctor", "--json").stdout)["checks"]
        [found] = [check for check in checks if check["name"] == "model"]
        return dict(found)

    assert finding()["detail"] == "shipped: came with python-slm"
    registry.use(entry.spec)
    assert finding()["detail"] == f"tiny@0.0.0: in use for {tmp_path}"
    damage(entry.folder)
    broken = finding()
    assert not broken["ok"]
    assert "sha256 differs" in str(broken["detail"])
    assert "slm model rollback" in str(broken["fix"])


def test_complete_says_on_stderr_why_the_shipped_model_runs(home: Path, made: Path, tmp_path: Path) -> None:
    registry = Registry.of_user()
    entry = registry.add(made)
    registry.use(entry.spec)
    damage(entry.folder)
    (tmp_path / "app.py").write_text("import os\nimport os\n")
    result = slm("complete", f"{tmp_path / 'app.py'}:2:8")
    assert result.exit_code == 0
    assert "sha256 differs" in result.stderr
