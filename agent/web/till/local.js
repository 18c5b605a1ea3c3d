/** What the till page itself keeps: only what is being typed or pointed at, nothing of the sale. */

/** Fresh for each screen. `panel` is an opened list or pad: more, keys, parked, quantity, discount, cash_in, cash_out, refund, collect, contact. */
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
    pieces: {}, // of a box that is counted: how many of each kind, as typed
    sumAlone: false, // of its count: the sum instead of the kinds
    ticks: [], // boxes that a shopper ticked, as they are told back
    ending: "", // the consent whose withdrawal is asked about
    name: null, // that a shopper typed; null: as it is known
    guest: "", // of several, whom the panel shows
    mode: "", // of the claim screen: pay, cancel, paid, unpaid
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
