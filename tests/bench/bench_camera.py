"""What a camera costs: frames a second on one core with a visitor in the picture, and a search among all members.

camera   a visit of a real photo at 1280 x 720 (240 frames of 16 s), as JPEGs of a network camera: decoded, motion,
         faces on the product's stride, tracks, shots; in CPU time of one thread, so that a busy machine counts the
         same. Embeddings are in a process of their own; what one takes is shown beside it
gallery  the nearest two among 10,000 and 100,000 made-up members, against the bare product and the plain formula
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from tests.bench.bench_radar import NotHere
from tests.bench.figure import Figure, of_runs

PHOTO = Path(__file__).resolve().parents[3] / "shared" / "data" / "faces" / "astronaut.png"
LEAST_FPS, MOST_EMBEDDINGS = 15, 3
MOST_MS = {10_000: 0.1, 100_000: 2.5}


def bench_camera(runs: int = 5, frames: int = 240) -> list[Figure]:
    try:
        import cv2

        from sensors.cameras.dlib_faces import DlibEmbedder, DlibFinder
    except ImportError as missing:
        raise NotHere(f"{missing.name} is not installed: make cameras") from missing
    from sensors.cameras.faces import NoBackend
    from sensors.cameras.jpeg import as_jpeg, decoded
    from sensors.cameras.moving_photo import FPS, Visit, read_photo
    from sensors.cameras.watching import View, Watching

    if not PHOTO.is_file():
        raise NotHere("../shared/data/faces/astronaut.png is not there")
    cv2.setNumThreads(1)
    try:
        finder, embedder = DlibFinder(), DlibEmbedder()
    except NoBackend as missing:
        raise NotHere(str(missing)) from missing
    visit = Visit(read_photo(PHOTO))
    jpegs = [as_jpeg(visit.frame(number)) for number in range(frames)]
    view = View(line=(0.5, 1.0, 0.5, 0.0), zone=(0.0, 0.0, 1.0, 1.0))
    rates, decoding, embedding_ms, shots = [], [], [], []
    for _ in range(runs):
        watching, shots, decoding_s = Watching(view, finder), [], 0.0
        began = time.process_time()
        for number, data in enumerate(jpegs):
            before = time.process_time()
            picture = decoded(data)
            decoding_s += time.process_time() - before
            if picture is None:
                raise RuntimeError("a frame does not decode")
            looked = watching.see(picture, round(number * 1000 / FPS), lambda in_zone: None)
            shots += [shot for _, shot in looked.to_embed]
        rates.append(frames / (time.process_time() - began))
        decoding.append(decoding_s / frames * 1e3)
        for shot in shots[:1]:
            before = time.process_time()
            embedder.embed(shot.crop, shot.box)
            embedding_ms.append((time.process_time() - before) * 1e3)
    if not 0 < len(shots) <= MOST_EMBEDDINGS and frames >= 60:
        raise RuntimeError(f"{len(shots)} embeddings of one visitor")
    ours = statistics.median(rates)
    against = f"decoding alone: {1e3 / statistics.median(decoding):.0f} frames/s"
    more = {
        "embeddings": len(shots),
        "embedding_ms": round(statistics.median(embedding_ms), 1) if embedding_ms else None,
        "ms_a_frame": round(1e3 / ours, 2),
        "decoding_ms": round(statistics.median(decoding), 2),
    }
    name = "camera 1280x720 with a visitor, one core"
    return [of_runs(name, rates, "frames/s", digits=1, at_least=LEAST_FPS, against=against, more=more)]


def bench_gallery(runs: int = 5, searches: int = 200, members: tuple[int, ...] = (10_000, 100_000)) -> list[Figure]:
    try:
        import numpy as np
    except ImportError as missing:
        raise NotHere("numpy is not installed: make cameras") from missing
    from sensors.cameras.gallery import Gallery

    rng = np.random.default_rng(1)
    figures = []
    for count in members:
        matrix = rng.normal(size=(count, 128))
        matrix = (1.4 * matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype("<f4")
        gallery = Gallery([(f"r{number}", row.tobytes()) for number, row in enumerate(matrix)])
        ours, plain, bare = [], [], []
        for _ in range(runs):
            taken, naive, product = [], [], []
            for turn in range(searches):
                face = matrix[turn * 37 % count] + rng.normal(scale=0.02, size=128).astype(np.float32)
                began = time.perf_counter()
                found = gallery.nearest(face)
                taken.append(time.perf_counter() - began)
                if found[0][0] != f"r{turn * 37 % count}":
                    raise RuntimeError("the search missed its member")
                began = time.perf_counter()
                _ = matrix @ face
                product.append(time.perf_counter() - began)
                if turn % 20 == 0:
                    began = time.perf_counter()
                    np.linalg.norm(matrix - face, axis=1).argsort()[:2]
                    naive.append(time.perf_counter() - began)
            ours.append(statistics.median(taken) * 1e3)
            plain.append(statistics.median(naive) * 1e3)
            bare.append(statistics.median(product) * 1e3)
        product_ms, formula_ms = statistics.median(bare), statistics.median(plain)
        against = f"one product of the matrix: {product_ms:.3f} ms; by the formula: {formula_ms:.2f} ms"
        figures.append(
            of_runs(f"face among {count:,} members", ours, "ms", digits=3, at_most=MOST_MS.get(count), against=against)
        )
    return figures
