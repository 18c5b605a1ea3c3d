"""What a shopper and the staff do to the simulated validator; see COMMANDS in faults.py."""

from __future__ import annotations

from drivers.simulators.cash_box import Place
from drivers.simulators.id003 import codes
from drivers.simulators.id003.codes import FAILURES, NOTES, Reject, Status
from drivers.simulators.id003.faults import COMMANDS
from drivers.simulators.id003.note_way import Note, NoteWay
from drivers.simulators.id003.unit import AT_EASE, Jam, Unit

UNFIT = {"forgery": Note(0, Reject.MAGNETIC), "unknown": Note(0, Reject.PHOTO)}


def carry_out(unit: Unit, way: NoteWay, words: list[str]) -> str:
    """One line that says what became of it. Raises ValueError with a sentence for what nobody can do."""
    match words:
        case ["insert", what]:
            return _insert(unit, way, what, 1)
        case ["insert", what, times] if times[:1] == "x" and times[1:].isdecimal() and int(times[1:]) > 0:
            return _insert(unit, way, what, int(times[1:]))
        case ["pull"]:
            return _pull(unit, way)
        case ["cheat"]:
            return _cheat(unit, way)
        case ["full"]:
            unit.full = True
            unit.troubled() if unit.status in AT_EASE else unit.save()
            return "the cassette is full"
        case ["vend", "denomination", ("on" | "off") as state]:
            unit.vend_denomination = state == "on"
            unit.save()
            return f"15 {'carries' if unit.vend_denomination else 'does not carry'} the type"
        case ["replay", ("on" | "off") as state]:
            unit.replay = state == "on"
            unit.save()
            return f"a credit is {'told again' if unit.replay else 'lost'} after power-up 42"
        case ["barcode", ("on" | "off") as state]:
            unit.barcode = state == "on"
            unit.save()
            return f"C6 and C7 are {'known' if unit.barcode else 'refused'}"
        case _:
            return _staff(unit, words)


def _insert(unit: Unit, way: NoteWay, what: str, times: int) -> str:
    if what in UNFIT:
        note = UNFIT[what]
    elif what.isdecimal() and int(what) in NOTES.values():
        note = Note(int(what) * 100)
    else:
        known = ", ".join(str(rubles) for rubles in NOTES.values())
        raise ValueError(f"no such note {what!r}; there are: {known}, {', '.join(UNFIT)}")
    if unit.status is not Status.IDLE or way.in_hand or unit.box.moving is not None:
        return "refused at the mouth: the unit does not accept now"
    way.insert(note)
    way.in_hand += [note] * (times - 1)
    return f"{what} is in the transport" + (f", {times - 1} more in the hand" if times > 1 else "")


def _pull(unit: Unit, way: NoteWay) -> str:
    if unit.box.moving is None or unit.box.place is Place.PAST_RETURN:
        raise ValueError("there is no note that a shopper could reach")
    jammed = unit.status is Status.JAM_ACCEPTOR
    if unit.status is not Status.ACCEPTING and not jammed:
        raise ValueError("the belts hold the note")
    way.pulled()
    return "the shopper has the note back"


def _cheat(unit: Unit, way: NoteWay) -> str:
    before_the_lever = unit.box.place in (Place.TRANSPORT, Place.ESCROW)
    caught = (Status.ACCEPTING, Status.ESCROW, Status.HOLDING, Status.STACKING)
    if unit.status not in AT_EASE and not (unit.status in caught and before_the_lever):
        raise ValueError("nobody can fish at the mouth now")
    took = unit.box.moving is not None
    way.cheated()
    return "the note was drawn back on a string" if took else "somebody fished at the mouth"


def _staff(unit: Unit, words: list[str]) -> str:
    match words:
        case ["cassette", "out"]:
            if not unit.box.cassette_in_place:
                raise ValueError("the cassette is out already")
            unit.box.take_cassette()
            unit.full = False
            unit.troubled()
            return "the cassette is out"
        case ["cassette", "in"]:
            return _cassette_in(unit)
        case ["jam"]:
            if unit.box.place is Place.PAST_RETURN:
                raise ValueError("the note is past the mouth: jam inside")
            unit.jam = Jam.MOUTH
            unit.troubled()
            return "jammed at the mouth"
        case ["jam", "inside"]:
            if unit.box.place in (Place.TRANSPORT, Place.ESCROW):
                unit.faults.arm("jam_inside")
                return "the note will jam past return"
            unit.jam = Jam.INSIDE
            unit.troubled()
            return "jammed on the way to the cassette"
        case ["failure", code] if code.upper() in [f"{known:02X}" for known in FAILURES]:
            unit.failure = int(code, 16)
            unit.troubled()
            return f"failure {code.upper()}"
        case ["clear"]:
            unit.jam = unit.failure = None
            unit.save()
            return "cleared; the unit wants a reset"
        case _:
            raise ValueError(f"unknown command {' '.join(words)!r}; known: {', '.join(COMMANDS)}")


def _cassette_in(unit: Unit) -> str:
    """A unit that waited for it starts anew by itself, its settings lost."""
    if unit.box.cassette_in_place:
        raise ValueError("the cassette is in its place")
    unit.box.put_cassette()
    unit.save()
    if unit.status is Status.STACKER_OPEN:
        unit.initialise()
    return "an empty cassette is in"


def picture(unit: Unit, way: NoteWay) -> dict[str, object]:
    """What a drawing of the validator shows."""
    moving, box = unit.box.moving, unit.box
    return {
        "power": not unit.dark(),
        "state": unit.status.name.lower(),
        "status": f"{unit.status:02X}",
        "accepts": unit.status is Status.IDLE,
        "cassette_in_place": box.cassette_in_place,
        "cassette_count": len(box.cassette),
        "cassette_minor": box.sum_minor,
        "currency": codes.CURRENCY,
        "note_minor": moving.value_minor if moving else None,
        "place": box.place.value if box.place else None,
        "escrow_minor": moving.value_minor if moving and box.place is Place.ESCROW else None,
        "in_hand": len(way.in_hand),
        "credit_owed": unit.credit is not None and not unit.credit.acknowledged,
        "jam": unit.jam.value if unit.jam else None,
        "failure": f"{unit.failure:02X}" if unit.failure is not None else None,
        "full": unit.full,
        "vend_denomination": unit.vend_denomination,
        "replay": unit.replay,
        "faults": unit.cuts.armed(),
    }
