/** What the till page itself keeps: only what is being typed or pointed at, nothing of the sale. */

/** Fresh for each screen. `panel` is an opened list or pad: more, keys, parked, quantity, discount, cash_in, cash_out, refund, contact. */
function freshFields() {
  return {
    text: "",
    results: [],
    result: 0,
    searchedFor: "",
    takeWhenReady: false,
    letters: false,
    amount: "",
    quick: -1,
    cashier: 0,
    pin: "",
    choice: 0,
    person: "",
    asksPin: false,
    panel: "",
    panelAt: 0,
    entry: "",
    reason: "",
  };
}

export const local = {
  ...freshFields(),
  said: null, // {note, untilMs}: an answer to the last press that the agent did not put into the view
  undoUntil: 0,
  gone: false,
};

/** The state of typing that belongs to the screen which was left is dropped with it. */
export function leaveScreen() {
  Object.assign(local, freshFields());
}

export function closePanel() {
  Object.assign(local, { panel: "", panelAt: 0, entry: "", reason: "" });
}

/** Digits typed into an amount, as whole minor units: "7000" and "7000,50"; null when nothing is typed. */
export function typedMinor(text) {
  if (!text) return null;
  const [whole, cents = ""] = text.split(",");
  return Number(whole || "0") * 100 + Number(cents.padEnd(2, "0").slice(0, 2) || "0");
}

/** The amount after one more key: digits, "00", a comma once; at most eight digits before it, two behind. */
export function withKey(text, typed) {
  if (typed === "," || typed === ".") return text.includes(",") ? text : `${text || "0"},`;
  if (!/^\d+$/.test(typed)) return text;
  const [whole, cents] = text.split(",");
  if (cents !== undefined) return cents.length + typed.length <= 2 ? text + typed : text;
  const longer = (whole + typed).replace(/^0+(?=\d)/, "");
  return longer.length <= 8 ? longer : text;
}
