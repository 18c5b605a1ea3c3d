"""The gateway that writes files: whole ones, one a message, and none for what is no address."""

from __future__ import annotations

import email
import os
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from agent.messages.contract import NotSent, Undeliverable
from agent.messages.file_gateway import FileGateway

pytestmark = pytest.mark.anyio
NOON_MS = 1_795_338_000_000
PHONE, ADDRESS = "+79175550143", "masha@example.test"


def gateway(directory: Path) -> FileGateway:
    return FileGateway(directory, "«Мишкин дом», Казань", lambda: NOON_MS)


def names(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir()) if directory.exists() else []


async def test_a_letter_is_read_by_any_mail_program(tmp_path: Path) -> None:
    text = "КАССОВЫЙ ЧЕК\n" + "Мишка плюшевый, 40 см".ljust(40) + "\n" + "x" * 1200 + "\nИТОГ =1899.00"
    await gateway(tmp_path / "out").to_email("receipt-1", ADDRESS, "Копия чека 12,\r\nBcc: all@example.test", text)
    assert names(tmp_path / "out") == ["receipt-1.eml"]
    content = (tmp_path / "out" / "receipt-1.eml").read_bytes()
    letter = email.message_from_bytes(content, policy=default)
    assert isinstance(letter, EmailMessage)
    assert letter["To"] == ADDRESS
    assert letter["Subject"] == "Копия чека 12, Bcc: all@example.test"
    assert letter["Bcc"] is None
    assert str(letter["From"].addresses[0].display_name) == "«Мишкин дом», Казань"
    assert letter["Message-ID"] == "<receipt-1@shop.invalid>"
    assert letter["Date"].datetime.timestamp() * 1000 == NOON_MS
    assert letter.get_content().replace("\r\n", "\n").rstrip("\n") == text
    assert letter.defects == []
    assert max(len(line) for line in content.split(b"\r\n")) <= 998, "RFC 5322: no longer line on the way"


async def test_a_text_to_a_phone(tmp_path: Path) -> None:
    await gateway(tmp_path).to_phone("slip-K-1122-01-1", PHONE, "Талон K-1122-01")
    written = (tmp_path / "slip-K-1122-01-1.txt").read_text(encoding="utf-8")
    head, _, text = written.partition("\n\n")
    assert head.splitlines()[0] == f"To: {PHONE}"
    assert text == "Талон K-1122-01\n"


async def test_the_same_id_is_one_file_and_stays_as_it_was(tmp_path: Path) -> None:
    for words in ("first", "second"):
        await gateway(tmp_path).to_phone("receipt-1", PHONE, words)
    assert names(tmp_path) == ["receipt-1.txt"]
    assert (tmp_path / "receipt-1.txt").read_text().endswith("\n\nfirst\n")


async def test_what_a_power_cut_left_beside_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / ".receipt-1.txt.part").write_text("To: +7917555")
    await gateway(tmp_path).to_phone("receipt-1", PHONE, "whole")
    assert names(tmp_path) == ["receipt-1.txt"]
    assert (tmp_path / "receipt-1.txt").read_text().endswith("whole\n")


@pytest.mark.parametrize("phone", ["", "79175550143", "+7 917 555", "+7917555014a", "+" + "7" * 16, f"{PHONE}\nTo: +1"])
async def test_what_is_no_phone_is_refused_for_good(tmp_path: Path, phone: str) -> None:
    with pytest.raises(Undeliverable):
        await gateway(tmp_path / "out").to_phone("receipt-1", phone, "words")
    assert names(tmp_path / "out") == []


@pytest.mark.parametrize(
    "address",
    ["", "masha", "@example.test", "masha@", "masha@local", "a b@example.test", "a@b@example.test", "a@example.test\n",
     "маша@example.test", "a@.", "a@example..test", '"a"@example.test', "a@example.test, b@example.test"],
)  # fmt: skip
async def test_what_is_no_address_is_refused_for_good(tmp_path: Path, address: str) -> None:
    with pytest.raises(Undeliverable):
        await gateway(tmp_path / "out").to_email("receipt-1", address, "subject", "words")
    assert names(tmp_path / "out") == []


async def test_a_directory_that_takes_nothing_is_no_end_of_the_message(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the directory should be")
    with pytest.raises(NotSent):
        await gateway(tmp_path / "out").to_phone("receipt-1", PHONE, "words")


@pytest.mark.parametrize("id", ["", "../receipt-1", ".hidden", "a/b", "a" * 121, "a b"])
async def test_an_id_never_leads_out_of_the_directory(tmp_path: Path, id: str) -> None:
    with pytest.raises(ValueError, match="no id of a message"):
        await gateway(tmp_path / "out").to_phone(id, PHONE, "words")
    assert names(tmp_path / "out") == []


async def test_a_code_that_nobody_can_type_any_more_goes_and_other_messages_stay(tmp_path: Path) -> None:
    for id in ("code-1", "slip-1"):
        await gateway(tmp_path).to_phone(id, PHONE, "123456")
        old_s = NOON_MS / 1000 - 3_601
        os.utime(tmp_path / f"{id}.txt", (old_s, old_s))
    await gateway(tmp_path).to_phone("code-2", PHONE, "654321")
    assert names(tmp_path) == ["code-2.txt", "slip-1.txt"]
