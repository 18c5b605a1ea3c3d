"""The receipt's QR reaches the screen as one picture that scales, made once and not on the way to the receipt."""

from __future__ import annotations

import segno

from agent.local_api.qr_picture import qr_svg

TEXT = "t=20261121T1230&s=499.75&fn=9999078900005430&i=130&fp=1040957426&n=1"


def test_the_picture_is_the_texts_code_and_has_no_size_of_its_own() -> None:
    svg = qr_svg(TEXT).decode()
    modules = segno.make_qr(TEXT, error="m").symbol_size(border=2)[0]
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert f'viewBox="0 0 {modules} {modules}"' in svg
    assert " width=" not in svg.partition(">")[0]
    assert qr_svg(TEXT) is qr_svg(TEXT)
    assert qr_svg(TEXT.replace("130", "131")) != svg.encode()
