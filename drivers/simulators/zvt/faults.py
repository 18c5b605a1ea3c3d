"""The troubles a simulated ZVT terminal can be told to have, and the commands a person types at it."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    # the connection
    "no_ack": "a money command is not answered at all and starts nothing",
    "drop_before_ack": "the connection closes before 80 00; nothing starts (=started: it starts all the same)",
    "drop_after_ack": "the connection closes right after 80 00; the terminal goes on by itself",
    "drop_before_result": "the connection closes after approval, before the status information",
    "drop_after_result_before_our_ack": "the connection closes right after the status information; it reverses",
    "drop_after_our_ack": "the connection closes after our ack of the status information, before the receipt",
    "drop_in_print": "the connection closes in the middle of the receipt: not booked, automatic reversal",
    "close_before_completion": "everything is acknowledged and booked, the connection closes before 06 0F",
    "ack_lost": "our acknowledgement of the status information is lost: automatic reversal (04 FF 05), then 06 1E",
    "fragment": "all answers to one command leave byte by byte",
    "coalesce": "80 00 leaves in one piece with the message that follows it",
    "len_ff_form": "all answers to one command spell their length as FF lo hi",
    # the answers
    "duplicate_result": "the status information is sent twice",
    "result_late": "the status information comes after the till's patience (=SECONDS, default 190)",
    "result_for_other_amount": "another amount is approved, named and booked (=MINOR, default one unit more)",
    "partial_approval": "the host approves less than asked (=MINOR, default half)",
    "approved_after_abort": "06 B0 is acknowledged, yet a card was there and the payment is approved",
    "abort_after_approval": "06 1E follows an acknowledged approval; it is reversed (=booked: it stands)",
    "pan_unmasked": "bitmap 22 carries the whole number of the test card",
    "unknown_bitmap": "the status information ends with a bitmap nobody knows (=front: it begins with it)",
    "slow_t4": "04 FF asks for more minutes, then the host takes long (=SECONDS, default 240)",
    "clock_minus_day": "the terminal's clock falls back by a day, until it is set (06 91)",
    "repeat_shows_reversed": "06 20 shows the automatically reversed payment, result 6C, not the one before",
    # the state it is in
    "decline": "the host declines (=CODE in hex, default 05)",
    "host_down": "the host cannot be reached: result A3",
    "busy": "a money command is answered 84 9C",
    "diagnosis_needed": "status C2 until a diagnosis (06 70)",
    "end_of_day_open": "status F0 until an end of day (06 50)",
    "initialisation_needed": "status 51 until an initialisation (06 93)",
    "reversal_unknown": "06 30 is carried out, and the connection closes before the answer; asked again it says B4",
    "end_of_day_lost": "06 50 closes the day, and the connection closes before the totals",
    "resolver_silent": "05 01 and 06 20 get no answer, once (=SECONDS: for so long)",
    "power_cut_lost_record": "the payment is booked, the power goes, and afterwards 06 20 does not find it",
    # the power goes (=SECONDS without power, default 10)
    "power_off_before_ack": "power off before 80 00",
    "power_off_after_ack": "power off right after 80 00",
    "power_off_at_card": "power off while waiting for a card",
    "power_off_at_pin": "power off at the PIN",
    "power_off_at_host": "power off while the host is asked",
    "power_off_before_result": "power off after approval, before the status information",
    "power_off_after_result": "power off right after the status information was sent",
    "power_off_in_print": "power off in the middle of the receipt",
    "power_off_before_booking": "power off after the last acknowledgement, before it was booked",
    "power_off_after_booking": "power off after booking, before 06 0F",
}

COMMANDS: dict[str, str] = {
    "present card [NAME]": "hold a card to the reader (girocard, visa, mastercard, amex, mir)",
    "insert card [NAME]": "put a chip card in; it stays until taken out",
    "remove card": "take the card away",
    "press cancel": "press the terminal's red key: ends the wait for card or PIN",
    "card auto [SECONDS]": "a card presents itself after so many seconds (default 2)",
    "card manual": "no card comes by itself",
    "power off": "pull the power",
    "power on": "give the power back",
    "unplug": "pull the network cable: bytes are lost both ways",
    "plug": "put the network cable back; connections that lost bytes close",
    "currency CODE ...": "the currencies it is set up for, ISO numbers (default 978 643)",
    "language en|ru": "the receipt's language, as far as the charset allows",
    "sync ids on|off": "receipt-number ids (tag 1F1F) instead of automatic reversal",
    "fault NAME[@N[xK]][=VALUE]": "arm a fault",
    "decline next": "the host declines the next payment",
}

CUT_OFF_S = 10.0  # long enough to be seen, short enough not to bore


def seconds(value: str, default: float) -> float:
    return float(value) if value else default
