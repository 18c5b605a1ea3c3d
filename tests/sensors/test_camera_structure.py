"""What the cameras may never do, as laws of their sources and of their unit: keep a picture, open the file with the
forbidden licence, call what OpenCV 5 no longer has, or let the agent import native code."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from source_words import imports_of, names_of
from unit_files import analyze, must_stay_closed, needs_systemd, settings_of, stand_in

from tests.sensors.camera_scene import needs_dlib

ROOT = Path(__file__).resolve().parents[2]
CAMERAS = sorted((ROOT / "sensors" / "cameras").rglob("*.py"))
HOUSE = [
    file
    for floor in ("agent", "cloud_api", "drivers", "fiscal", "sensors", "sync")
    for file in (ROOT / floor).rglob("*.py")
]
NATIVE = {
    "cv2": {
        "compare", "jpeg", "motion", "moving_photo", "program", "shots", "video_capture", "watching",
        "yunet_faces",
    },
    "dlib": {"dlib_faces"},
    "face_recognition_models": set(),
    "face_recognition": set(),
}  # fmt: skip
"""Who imports it. The package face_recognition and its models are found by name (package_faces.py, dlib_faces.py)."""
PURE = ("geometry", "line", "tracks", "regions", "gallery", "multipart", "permission")
IMPURE = {
    "os",
    "io",
    "time",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "anyio",
    "pathlib",
    "cv2",
    "dlib",
}
KEEPING = {"imwrite", "imwritemulti", "VideoWriter", "save_image", "save_face_chip", "tofile", "write_bytes", "imshow"}
GONE = {"CascadeClassifier", "HOGDescriptor"}
UNIT = "tillkeeper-camera@.service"


@pytest.mark.parametrize("file", CAMERAS, ids=lambda file: file.name)
def test_no_picture_is_kept_and_nothing_old_is_called(file: Path) -> None:
    assert not names_of(file) & (KEEPING | GONE)
    text = file.read_text(encoding="utf-8")
    assert "68" not in re.sub(r"#.*", "", text).replace("sha256", ""), (
        "the file with the other licence has no name here"
    )
    opened = [
        ast.unparse(call)
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) in ("open", "fdopen")
    ]
    assert all("'rb'" in one or "os.dup(1)" in one for one in opened), opened


@pytest.mark.parametrize("library", NATIVE)
def test_native_code_is_imported_where_it_works(library: str) -> None:
    naming = [file for file in HOUSE if library in file.read_text(encoding="utf-8")]
    importing = {file for file in naming if library in imports_of(file)}
    assert {file.stem for file in importing} <= NATIVE[library]
    assert importing <= set(CAMERAS)


def test_nobody_outside_imports_the_cameras() -> None:
    others = [file for file in HOUSE if file not in CAMERAS]
    naming = [
        file for file in others if re.search(r"^\s*(from|import) sensors\.cameras", file.read_text("utf-8"), re.M)
    ]
    assert naming == []


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_are_pure(room: str) -> None:
    assert not imports_of(ROOT / "sensors" / "cameras" / f"{room}.py") & IMPURE


def test_the_forbidden_landmark_file_is_never_opened(tmp_path: Path) -> None:
    """Both nets work in a copy of the models' package that has no such file."""
    needs_dlib()
    said = subprocess.run(
        [
            sys.executable, "-c",
            "import sys; from sensors.cameras.backends import embedder_of, finder_of; finder_of('dlib');"
            "embedder_of('dlib'); print('ok', 'face_recognition_models' in sys.modules)",
        ],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
        env={"PYTHONPATH": str(_models_without(tmp_path)), "PATH": ""},
    )  # fmt: skip
    assert said.stdout.startswith("ok")


def _models_without(folder: Path) -> Path:
    """The package, its files linked, all but the one."""
    import face_recognition_models

    source = Path(face_recognition_models.__file__).parent
    copy = folder / "face_recognition_models"
    (copy / "models").mkdir(parents=True)
    shutil.copy(source / "__init__.py", copy)
    linked = [file for file in (source / "models").iterdir() if "_68_" not in file.name]
    for file in linked:
        (copy / "models" / file.name).symlink_to(file)
    assert len(linked) == 3
    return folder


# The unit


@needs_systemd
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    copy = stand_in(UNIT, tmp_path).rename(tmp_path / "tillkeeper-camera@door.service")
    said = analyze("verify", "--man=no", str(copy))
    about_us = [line for line in (said.stdout + said.stderr).splitlines() if "tillkeeper-camera" in line]
    assert (said.returncode, about_us) == (0, [])


@needs_systemd
def test_the_unit_stays_closed() -> None:
    must_stay_closed(UNIT, 1.5)


def test_the_unit_keeps_pictures_in_memory_and_in_the_shop() -> None:
    said = settings_of(UNIT)
    assert said["MemorySwapMax"] == said["LimitCORE"] == ["0"]
    assert not {"StateDirectory", "LogsDirectory", "CacheDirectory", "ReadWritePaths"} & set(said)
    assert said["IPAddressDeny"] == ["any"]
    assert said["CapabilityBoundingSet"] == [""]
    assert said["InaccessiblePaths"] == [
        "-/etc/tillkeeper -/etc/tillkeeper-cameras -/var/lib/tillkeeper -/var/lib/tillkeeper-keys"
    ]
    assert said["Type"] == ["notify"]
    assert int(said["WatchdogSec"][0]) <= 60
    words = said["ExecStart"][0].split()
    assert words[1:4] == ["-m", "sensors.cameras", "live"]


def test_the_units_options_are_the_programs() -> None:
    needs_dlib()
    said = subprocess.run(
        [sys.executable, "-m", "sensors.cameras", "live", "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    words = settings_of(UNIT)["ExecStart"][0].split()
    asked = {word for word in words if word.startswith("--")} | {"--place", "--line", "--zone"}
    assert asked <= set(re.findall(r"--[a-z-]+", said.stdout))
