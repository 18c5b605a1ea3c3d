"""Real faces through the real network: who is who, how soon a face of 80 px is known, and what backends refuse."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from tests.sensors.camera_scene import FPS, needs_dlib, photo

needs_dlib()

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from sensors.cameras.backends import embedder_of, finder_of  # noqa: E402
from sensors.cameras.compare import Same, judged  # noqa: E402
from sensors.cameras.dlib_faces import DlibEmbedder, DlibFinder  # noqa: E402
from sensors.cameras.faces import Embedder, Finder, Image, NoBackend, Template, frontalness  # noqa: E402
from sensors.cameras.geometry import Box, Point, overlap  # noqa: E402
from sensors.cameras.line import Crossed  # noqa: E402
from sensors.cameras.moving_photo import PERIOD, STAY, WALK, Visit, read_photo  # noqa: E402
from sensors.cameras.shots import LEAST_WIDTH_PX, MOST_EMBEDDINGS, Shot, shot_of  # noqa: E402
from sensors.cameras.watching import View, Watching  # noqa: E402
from sensors.cameras.yunet_faces import YunetFinder, as_face  # noqa: E402

EVENT_FRAMES = round((1.5 - 3 * 0.1) * FPS)
"""1.5 s, less three embeddings of 75 to 100 ms."""


@pytest.fixture(scope="module")
def finder() -> Finder:
    return DlibFinder()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return DlibEmbedder()


def rgb(name: str, longest: int = 640) -> Image:
    picture = read_photo(photo(name))
    scale = longest / max(picture.shape[:2])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small[:, :, ::-1], np.uint8)


def template(finder: Finder, embedder: Embedder, name: str) -> Template:
    picture = rgb(name)
    (face,) = finder.find(picture)
    return embedder.embed(picture, face.box)


def test_the_same_person_is_near_and_others_are_far(finder: Finder, embedder: Embedder) -> None:
    faces = {
        name: template(finder, embedder, name) for name in ("obama.jpg", "obama3.jpg", "biden.jpg", "astronaut.png")
    }
    for one in faces:
        for other in faces:
            distance = float(np.linalg.norm(faces[one] - faces[other]))
            same = one[:5] == other[:5]
            assert judged(distance) is (Same.YES if same else Same.NO), (one, other, distance)


def test_a_shot_is_as_good_as_the_photo(finder: Finder, embedder: Embedder) -> None:
    """The crop, scaled and cut, has the distance of the whole picture, and too small or turned faces give none."""
    picture = read_photo(photo("obama.jpg"))
    whole = np.ascontiguousarray(picture[:, :, ::-1])
    (face,) = finder.find(whole)
    shot = shot_of(picture, face, 7)
    assert shot is not None
    assert max(shot.crop.shape) <= 384
    assert np.linalg.norm(embedder.embed(shot.crop, shot.box) - embedder.embed(whole, face.box)) < 0.15
    assert shot_of(picture, type(face)(Box(100, 100, 100 + LEAST_WIDTH_PX - 1, 160), 1.0), 7) is None
    assert shot_of(picture, type(face)(face.box, 0.1), 7) is None
    assert shot_of(np.full_like(picture, 90), face, 7) is None, "no detail is no face"


@pytest.mark.parametrize(("height", "frames"), [(480, 2 * WALK + STAY + 30), (620, WALK + 20)])
def test_a_visitor_of_80_pixels_is_embedded_soon_and_at_most_thrice(
    finder: Finder, embedder: Embedder, height: int, frames: int
) -> None:
    """Height 480 draws a face of 81 px. One visit, one track, in counted frames; the shots are of the right person."""
    visit = Visit(read_photo(photo("astronaut.png")), height)
    watching = Watching(View(line=(0.5, 1.0, 0.5, 0.0), zone=(0.0, 0.0, 1.0, 1.0)), finder)
    wide = visit.frame(0).shape[1]
    assert wide == 1280
    shown = next(number for number in range(PERIOD) if (visit.left(number) or -wide) > -0.33 * height)
    shots: list[tuple[int, int, Shot]] = []
    crossings: list[Crossed] = []
    for number in range(frames):
        looked = watching.see(visit.frame(number), number * 1000 // FPS, lambda in_zone: None)
        shots += [(number, track, shot) for track, shot in looked.to_embed]
        crossings += looked.crossings
    assert len({track for _, track, _ in shots}) == 1
    assert 2 <= len(shots) <= MOST_EMBEDDINGS
    assert shots[-1][0] - shown <= EVENT_FRAMES
    assert crossings == [Crossed.IN]
    known = template(finder, embedder, "astronaut.png")
    assert all(np.linalg.norm(embedder.embed(shot.crop, shot.box) - known) < 0.3 for _, _, shot in shots)


def test_frontal_is_where_the_nose_is_in_the_middle() -> None:
    left, right = Point(100, 100), Point(160, 100)
    assert frontalness(left, right, Point(130, 140)) == 1.0
    assert frontalness(left, right, Point(145, 140)) == pytest.approx(0.5)
    assert frontalness(left, right, Point(165, 140)) == 0.0
    assert frontalness(Point(100, 100), Point(100, 160), Point(60, 130)) == 1.0, "the head may lie on its side"
    assert frontalness(left, left, left) == 0.0


# Other backends


def test_the_package_says_when_it_is_not_there() -> None:
    try:
        import face_recognition  # noqa: F401
    except ImportError:
        with pytest.raises(NoBackend, match="face_recognition"):
            finder_of("package")
        with pytest.raises(NoBackend, match="face_recognition"):
            embedder_of("package")
        pytest.skip("the package face_recognition is not installed (optional)")
    picture = rgb("obama.jpg")
    mine, theirs = finder_of("dlib").find(picture), finder_of("package").find(picture)
    assert len(mine) == len(theirs) == 1
    assert overlap(theirs[0].box, mine[0].box) > 0.7, "it looks at the colours, we at the greys"
    near = embedder_of("package").embed(picture, mine[0].box) - embedder_of("dlib").embed(picture, mine[0].box)
    assert np.linalg.norm(near) < 1e-3


def test_weights_of_another_sum_are_not_opened(tmp_path: Path) -> None:
    weights = tmp_path / "yunet.onnx"
    with pytest.raises(NoBackend, match="no file"):
        YunetFinder(weights, "00")
    weights.write_bytes(b"no network")
    with pytest.raises(NoBackend, match="SHA-256"):
        YunetFinder(weights, "00")
    with pytest.raises(NoBackend, match="does not open"):
        YunetFinder(weights, sha256(b"no network").hexdigest())


def test_yunet_with_the_shops_weights_agrees_with_dlib(finder: Finder, embedder: Embedder) -> None:
    weights = Path(os.environ.get("TILLKEEPER_YUNET", "none"))
    if not weights.is_file():
        pytest.skip("no weights of YuNet: TILLKEEPER_YUNET names the file")
    yunet = finder_of("dlib", weights, sha256(weights.read_bytes()).hexdigest().upper())
    for name in ("obama.jpg", "obama3.jpg", "biden.jpg"):
        picture = rgb(name)
        (one,), (other,) = yunet.find(picture), finder.find(picture)
        assert overlap(one.box, other.box) > 0.5
        assert np.linalg.norm(embedder.embed(picture, one.box) - embedder.embed(picture, other.box)) < 0.1


def test_yunets_row_becomes_dlibs_square() -> None:
    row = [100.0, 80.0, 80.0, 100.0, 120.0, 120.0, 160.0, 120.0, 140.0, 140.0, 125.0, 160.0, 155.0, 160.0, 0.9]
    face = as_face(row)
    assert (face.box.width, face.box.height) == (96, 96) or (face.box.width, face.box.height) == (95, 95)
    assert face.box.centre == pytest.approx((140, 140), abs=1)
    assert face.frontal == 1.0
