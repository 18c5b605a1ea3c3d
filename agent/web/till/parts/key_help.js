/** All keys of each state, for the page behind "?": the same table as the keyboard's, in words. */

export const KEY_TABLE = {
  selling: [
    [["F2"], "card"],
    [["End"], "cash"],
    [["↑", "↓"], "line"],
    [["+", "−"], "count"],
    [["3", "*"], "count_digits"],
    [["%"], "discount"],
    [["Delete"], "remove"],
    [["Backspace"], "undo"],
    [["Enter"], "take"],
    [["Esc"], "clear"],
    [["Home"], "park"],
    [["Insert"], "more"],
    [["F9"], "guest_wrong"],
  ],
  cash: [
    [["0", "…", "9"], "amount"],
    [["↑", "↓"], "quick"],
    [["Delete"], "clear_amount"],
    [["Enter"], "take_cash"],
    [["F2"], "rest_card"],
    [["Esc"], "back"],
  ],
  card: [
    [["Esc"], "stop"],
    [["Insert"], "call"],
  ],
  unknown: [
    [["Home"], "next"],
    [["Insert"], "call"],
  ],
  choice: [
    [["1", "…", "4"], "select"],
    [["↑", "↓"], "select_arrows"],
    [["Enter"], "confirm"],
    [["Esc"], "unselect"],
    [["Home"], "next"],
    [["Insert"], "call"],
  ],
  claim: [
    [["0", "…", "9"], "claim_pin"],
    [["↑", "↓"], "select_arrows"],
    [["Enter"], "confirm"],
    [["Esc"], "claim_back"],
  ],
  encashment: [
    [["0", "…", "9"], "encashment_digits"],
    [["↑", "↓"], "select_arrows"],
    [["Delete"], "encashment_wipe"],
    [["Enter"], "encashment_enter"],
    [["Esc"], "claim_back"],
  ],
  agree: [
    [["0", "…", "9"], "agree_digits"],
    [["1", "…", "9"], "agree_boxes"],
    [["Delete"], "agree_wipe"],
    [["Enter"], "agree_enter"],
    [["Esc"], "agree_leave"],
  ],
  receipt: [
    [["Enter"], "new_sale"],
    [["↑", "↓"], "scroll"],
    [["Insert"], "more"],
  ],
};
KEY_TABLE.working = KEY_TABLE.unknown;
KEY_TABLE.locked = KEY_TABLE.choice.slice(0, 4);
KEY_TABLE.shift_closed = [
  [["0", "…", "9"], "float"],
  [["Enter"], "open_shift"],
  [["Insert"], "more"],
];
KEY_TABLE.restore = [
  [["Enter"], "confirm"],
  [["Insert"], "more"],
];
KEY_TABLE.stopped = [[["Insert"], "more"]];
