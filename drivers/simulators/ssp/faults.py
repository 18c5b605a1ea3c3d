"""The troubles a simulated SSP device can be told to have, and the commands a person types at it."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "power_cut": "the power goes for a second when the money passes the arrow named: =entering, escrowed (told to the"
    " host), stack_asked, stacking, stacked, reported, acknowledged, pay_asked, paying (after the first piece), paid",
    "drop_reply": "an answer is lost on the wire; the command was carried out",
    "corrupt_reply": "a byte of an answer is turned over on the wire",
    "late_reply": "an answer comes only after the host's next command (=SECONDS: so much later)",
    "drop_ack": "the host's EVENT ACK (57), or with plain polls the poll after a credit, is lost on the wire",
    "repeat_credit": "a credit is told once more after it was told (07) or acknowledged (57)",
    "other_type": "the credit names the next channel, not the one that lay in escrow",
    "second_note": "a second note is pushed in behind the first: both come back, reject code 07",
    "busy": "a command that begins a payout is answered F5 03",
    "escrow_expiry": "the escrow timer lapses as soon as the note was told: it is given back, reject code 13",
    "poll_releases": "a HOLD restarts the timer, but any poll after it lets the note go on all the same",
    "reset_in_session": "a poll is not answered: the unit resets itself, and tells F1 when it is back",
    "counter_wrap": "the counter of stacked notes stands at the value given (=N, default FFFFFFFF)",
    "jam": "a note jams where the shopper can still reach it (E9)",
    "jam_inside": "a note jams past the point of no return (EA)",
    "cassette_pulled": "the cassette is pulled while a note is being stacked; the note waits for it",
    "stuck": "a note stays in stacking until the unit is reset",
    "pay_jam": "a payout jams after its first piece (D5) until cleared",
    "pay_short": "a payout ends after its first piece, for the store finds no more (D9)",
    "cheat": "somebody fishes for the note that was credited last: fraud is told (E6) with its channel",
}

COMMANDS: dict[str, str] = {
    "insert VALUE [xN]": "push in a note of so many roubles (N of them, one after the other as the slot opens)",
    "insert forgery": "push in a note that is not genuine",
    "insert unknown": "push in a slip that looks like no note",
    "pull": "the shopper pulls a note that is still in the transport",
    "cassette out": "take the cassette away with all that is in it",
    "cassette in": "put an empty cassette in",
    "jam": "block the note path where the shopper can reach it",
    "jam inside": "block the note path past the point of no return",
    "jam payout": "block the payout's store",
    "jam hopper": "block the hopper",
    "clear": "free every jam",
    "full": "the cassette is full until it is taken out",
    "cheat": "somebody tries to fish a note out",
    "fill VALUE COUNT": "put so many notes into the payout, or coins into the hopper, and into its levels",
    "empty [validator|hopper]": "take everything out of payout and hopper by hand",
    "model nv9|nv200|payout": "which validator stands at address 0; it starts anew",
    "hopper on|off": "whether a SMART Hopper is on the wire",
    "power off": "cut the power of everything on the wire",
    "power on": "give the power back",
    "fault NAME[@N[xK]][=VALUE]": "arm a fault",
}
