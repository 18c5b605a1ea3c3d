/** What the kiosk page itself keeps: what is being typed, which goods are in sight, how low the keys are. No money. */

/** Fresh for each screen. */
function freshFields() {
  return {
    panel: "", // an opened pad: search, categories, phone, shop_card, contact_phone, contact_email
    entry: "",
    layout: "", // letters of the pad: ru, en; empty: those of the page's language
    consents: { data: false, advertising: false }, // separate acts, never ticked beforehand
    sure: "", // an act of staff that was pressed once and waits for the second press
    sureMs: 0,
  };
}

/** Fresh for each shopper. */
function freshSession() {
  return {
    ...freshFields(),
    low: false,
    withoutCard: false,
    category: "",
    text: "",
    products: [],
    total: false, // the list is complete
    listFor: null, // what the list was asked for
    said: null, // {note, untilMs}: an answer that the agent did not put into the view
    tab: "money",
  };
}

export const local = {
  ...freshSession(),
  categories: [],
  gone: false,
  staff: null, // {pin} while a member of staff signs in
};

export function leaveScreen() {
  Object.assign(local, freshFields());
}

export function leaveSession() {
  Object.assign(local, freshSession());
}

export function closePanel() {
  Object.assign(local, { panel: "", entry: "", layout: "" });
}
