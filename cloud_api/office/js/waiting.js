// What waits for a person, counted the same way wherever it is shown.

export const waitingCount = (w) => w.debts + w.unresolved + w.quarantine;
