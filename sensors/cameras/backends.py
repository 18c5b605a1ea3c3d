"""The backends by their names: "dlib", or "package" for face_recognition; YuNet finds faces for either of them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sensors.cameras.faces import Embedder, Finder, NoBackend

BACKENDS = ("dlib", "package")


def finder_of(backend: str, weights: Path | None = None, digest: str = "") -> Finder:
    """`weights`, `digest`: YuNet's file and its SHA-256. Raises NoBackend."""
    if weights is not None:
        _opencv()
        from sensors.cameras.yunet_faces import YunetFinder

        return YunetFinder(weights, digest)
    if backend == "package":
        from sensors.cameras.package_faces import PackageFinder

        return PackageFinder()
    from sensors.cameras.dlib_faces import DlibFinder

    return DlibFinder()


def embedder_of(backend: str) -> Embedder:
    """Raises NoBackend."""
    if backend == "package":
        from sensors.cameras.package_faces import PackageEmbedder

        return PackageEmbedder()
    from sensors.cameras.dlib_faces import DlibEmbedder

    return DlibEmbedder()


def _opencv() -> None:
    if find_spec("cv2") is None:
        raise NoBackend(
            "Нет библиотеки OpenCV. Установите: make cameras",
            "OpenCV is missing. Install: make cameras",
        )
